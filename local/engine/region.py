"""Where the local stack believes to be."""

REGION = "cn-north-1"
PARTITION = "aws"  # the engine writes every ARN with it, also in a China region
ACCOUNT_ID = "000000000000"
