"""`make run`: start database, broker, web server, door, worker and beat as one process tree until Ctrl-C."""

from __future__ import annotations

import fcntl
import http.client
import json
import os
import shutil
import socket
import sys
import time
from pathlib import Path
from typing import IO

from config import broker, lan, parts, postgres, welcome
from config.supervisor import Stopped, Supervisor

VAR = Path(__file__).resolve().parent.parent / "var"
TRIED_PORTS = 50
UNBUILT = (
    "手机应用与看板脚本没有构建，原因见上；其余照常，下次 make run 会重试 · "
    "the phone app and the boards' scripts are not built, see above; the rest runs, and the next make run tries again"
)
SLOWEST_WEB_S = 180  # a busy machine may take long over the first start of all parts


class AlreadyRunning(Exception):
    """Another `make run` holds this checkout; `address` is where it answers."""

    def __init__(self, address: str, pid: int) -> None:
        """Keep what the lock file says."""
        super().__init__(address)
        self.address = address
        self.pid = pid


def claim(lock: Path) -> IO[str]:
    """Take the lock of this checkout for the life of the process. Raises `AlreadyRunning`."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    file = lock.open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        found = json.loads(file.read() or "{}")
        file.close()
        raise AlreadyRunning(found.get("address", "?"), found.get("pid", 0)) from None
    return file


def record(file: IO[str], address: str) -> None:
    """Write into the lock file where this system answers."""
    file.seek(0)
    file.truncate()
    json.dump({"address": address, "pid": os.getpid()}, file)
    file.flush()


def free_port(host: str, wanted: int) -> int:
    """Return `wanted`, or the next port above it that nobody listens on. Raises OSError when none is free."""
    for port in range(wanted, wanted + TRIED_PORTS):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port from {wanted} to {wanted + TRIED_PORTS - 1}")


def answers(host: str, port: int) -> bool:
    """Tell whether the web server answers HTTP at all (its first request loads the application)."""
    connection = http.client.HTTPConnection(host, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def start(supervisor: Supervisor, host: str, port: int, network: lan.Network | None = None) -> bool:
    """Bring all parts up in order; False when one of them cannot start."""
    if "DATABASE_URL" not in os.environ:
        supervisor.say("数据库 · database ...")
        postgres.ensure()
        supervisor.add(parts.database())
    if "BROKER_URL" not in os.environ:
        broker.prepare()
        supervisor.add(parts.broker())
        if not supervisor.wait_until(broker.answers, 20):
            supervisor.say("消息队列没有启动 · the broker did not start")
            return False
    shutil.rmtree(parts.metrics_folder(), ignore_errors=True)
    parts.metrics_folder().mkdir(parents=True)
    parts.make_web_folder()

    def ended(step: str) -> None:
        if step == "faces":  # it loads beside the database's steps; nobody asks it anything before the door is there
            supervisor.add(parts.web())

    data, pages = supervisor.run_together(parts.preparation(), ended)  # one waits for the database, the other for Node
    if data != 0:
        return False
    if pages != 0:
        supervisor.say(UNBUILT)
    door = parts.door(host, port, network.options() if network else ())
    for part in (door, parts.worker(), parts.beat()):
        supervisor.add(part)
    if not supervisor.wait_until(lambda: answers(host, port), SLOWEST_WEB_S):
        supervisor.say("网页服务没有应答 · the web server does not answer")
        return False
    return True


def local_network(supervisor: Supervisor) -> lan.Network | None:
    """Where phones of the local network are served over HTTPS, with LAN=1; the parts' settings know its address."""
    if os.environ.get("LAN") != "1":
        return None
    try:
        network = lan.prepare(VAR / "lan", free_port)
    except (OSError, ValueError) as error:  # an address that is none, or not of this machine
        supervisor.say(f"LAN=1: {error}")
        network = None
    if network is None:
        supervisor.say(lan.NO_NETWORK)
    else:
        os.environ.update(network.environment(os.environ))
    return network


def main() -> int:
    """Run the system until it is told to stop; 0 also when one is running already, 1 when it cannot start."""
    try:
        lock = claim(VAR / "run.lock")
    except AlreadyRunning as other:
        print(f"已经在运行：{other.address}（进程 {other.pid}）")
        print(f"Already running at {other.address} (process {other.pid}); stop it there with Ctrl-C.")
        return 0
    began = time.monotonic()
    host = os.environ.get("HOST", "127.0.0.1")
    port = free_port(host, int(os.environ.get("PORT", "8000")))
    address = f"http://{host}:{port}"
    record(lock, address)
    supervisor = Supervisor(VAR / "log" / "run.log")
    code = 0
    try:
        network = local_network(supervisor)
        if start(supervisor, host, port, network):
            supervisor.say(welcome.text(address, time.monotonic() - began))
            if network is not None:
                supervisor.say(lan.text(network))
            supervisor.forever()
        else:
            code = 1
    except Stopped:
        pass
    finally:
        supervisor.say("正在停止 · stopping ...")
        supervisor.stop()
        postgres.leave()
        supervisor.say("已停止 · stopped")
    return code


if __name__ == "__main__":
    sys.exit(main())
