"""A page of 1,000 messages as archive_worker opens it, against as many bare RSA decryptions, in one and two threads.

Prints medians of same-round ratios: of process CPU, two threads on either side, since a busy neighbour makes every
decryption dearer; and of what the second thread gains in wall time.
"""

import base64
import json
import random
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from local.simulator import archive_cipher
from scrm.archive import opening
from scrm.archive.page import read_page
from scrm.wecom.archive.keys import SecretKeys
from scrm.wecom.archive.local_source import LocalSource
from scrm.wecom.transport import AppCredentials

ROWS, ROUNDS = 500, 15
WORDS = (
    "您好",
    "这款理财产品",
    "适合稳健型客户",
    "收益率",
    "以合同为准",
    "明天上午",
    "网点",
    "见面",
    "谢谢",
    "麻烦看一下",
)

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
OPENER = opening.RowOpener(
    SecretKeys(lambda: {"1": PEM}), LocalSource("http://127.0.0.1:1", lambda: AppCredentials("corp", "secret"))
)


def page() -> bytes:
    """About 1 KB a message, as WeCom says it is on average."""
    chosen = random.Random(20_261_126)  # noqa: S311 - reproducible, not secret
    rows = []
    for seq in range(1, ROWS + 1):
        content = "，".join(chosen.choices(WORDS, k=chosen.randint(5, 60)))
        message = {
            "msgid": f"{seq:019d}_1764118800000_external",
            "action": "send",
            "from": f"rm_{chosen.randrange(300_000)}",
            "tolist": [f"wmSIM{chosen.randrange(3_000_000):027d}"],
            "roomid": "",
            "msgtime": 1_764_118_800_000 + seq,
            "msgtype": "text",
            "text": {"content": content},
        }
        key = archive_cipher.random_key()
        rows.append(
            {
                "seq": seq,
                "msgid": message["msgid"],
                "publickey_ver": 1,
                "encrypt_random_key": archive_cipher.seal_key(KEY.public_key(), key),
                "encrypt_chat_msg": archive_cipher.seal_message(key, json.dumps(message, ensure_ascii=False).encode()),
            }
        )
    return json.dumps({"errcode": 0, "errmsg": "ok", "chatdata": rows}).encode()


BODY = page()
ENCRYPTED = [base64.b64decode(row["encrypt_random_key"]) for row in json.loads(BODY)["chatdata"]]


def ours(threads: int) -> None:
    opening._THREADS = threads  # type: ignore[misc]
    opened = OPENER.open_page(read_page(BODY), 0)
    if opened.opened != ROWS:
        raise ValueError("a row was not opened")


def bare(threads: int) -> None:
    if threads == 1:
        decrypt(ENCRYPTED)
        return
    half = ROWS // 2
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(decrypt, (ENCRYPTED[:half], ENCRYPTED[half:])))


def decrypt(keys: list[bytes]) -> None:
    for key in keys:
        KEY.decrypt(key, PKCS1v15())


def spent(work: Callable[[int], None], threads: int) -> tuple[float, float]:
    """CPU and wall seconds."""
    cpu, wall = time.process_time(), time.perf_counter()
    work(threads)
    return time.process_time() - cpu, time.perf_counter() - wall


def main() -> None:
    ours(2)
    bare(1)
    ratios, gains = [], []
    for _ in range(ROUNDS):
        ours_one, ours_two = spent(ours, 1), spent(ours, 2)
        bare_one, bare_two = spent(bare, 1), spent(bare, 2)
        ratios.append(ours_two[0] / bare_two[0])
        gains.append((ours_one[1] / ours_two[1]) / (bare_one[1] / bare_two[1]))
    print(json.dumps({"vs_rsa": statistics.median(ratios), "two_threads_vs_rsa": statistics.median(gains)}))


if __name__ == "__main__":
    main()
