"""Tables, queues and buckets by the environment variable that names them."""

from scrm.aws import session
from scrm.aws.documents import DocumentStore
from scrm.aws.queues import Queue
from scrm.aws.table import Table
from scrm.runtime.environment import required


def table(name: str) -> Table:
    """The table whose name the environment variable ``name`` holds."""
    return Table(session.client("dynamodb"), required(name))


def bucket(name: str) -> DocumentStore:
    """The bucket whose name the environment variable ``name`` holds."""
    return DocumentStore(lambda: session.client("s3"), required(name))


def queue(name: str) -> Queue:
    """The queue whose URL the environment variable ``name`` holds."""
    return Queue(lambda: session.client("sqs"), required(name))
