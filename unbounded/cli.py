"""The command `unbounded`: reads the arguments and calls, no logic. A subcommand is imported when it is called."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 15002
DEFAULT_PAGE = "http://127.0.0.1:4040"
DEMO_RATE = 200.0
DEMO_SPEED = 60.0
KAFKA_PORT = 9092
KAFKA_MESSAGES = 100_000
BATCH_ROWS = [0, 1000, 100_000]
DELTA_ROWS = [10_000]
STATE_KEYS = [100_000, 1_000_000, 10_000_000]
LATENCY_ROWS = 10_000
LATENCY_SECONDS = 20
DASHBOARD_VIEWERS = 10
DASHBOARD_BATCH_ROWS = 20_000
DASHBOARD_ROUNDS = 7
DASHBOARD_SECONDS = 5.0
BENCH_TABLE = "unbounded_bench"
BENCH_TABLE_ROWS = 1_000_000
USAGE_EXIT_CODE = 2
TOKEN_VARIABLE = "SPARK_CONNECT_AUTHENTICATE_TOKEN"


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code of the command."""
    options = _parser().parse_args(arguments)
    run: int = options.run(options)
    return run


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="unbounded", description="Runs PySpark programs on one machine without a JVM."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands)
    _add_server(commands)
    _add_sql(commands)
    _add_top(commands)
    _add_demo(commands)
    _add_kafka_dev(commands)
    _add_bench(commands)
    return parser


def _add_run(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("run", help="run a PySpark program")
    command.add_argument("--remote", metavar="URL", help="run it on this Spark Connect server (sc://host:port) instead")
    command.add_argument("--progress", action="store_true", help="show a live line for each streaming query")
    _add_settings(command)
    command.add_argument("script", help="the program, run as python would run it")
    command.add_argument("arguments", nargs=argparse.REMAINDER, help="the program's own arguments")
    command.set_defaults(run=_run)


def _add_server(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("server", help="serve Spark Connect clients")
    command.add_argument("--host", default=DEFAULT_HOST, help="address to listen on (default: %(default)s)")
    command.add_argument("--port", type=int, default=DEFAULT_PORT, help="port, 0 for any (default: %(default)s)")
    command.add_argument("--token", default=os.environ.get(TOKEN_VARIABLE), help=f"default: ${TOKEN_VARIABLE}")
    command.add_argument("--tls-certificate", metavar="FILE", help="certificate chain, PEM")
    command.add_argument("--tls-key", metavar="FILE", help="its private key, PEM")
    _add_settings(command)
    command.set_defaults(run=_server)


def _add_sql(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("sql", help="run one SQL statement and print its rows")
    command.add_argument("--remote", metavar="URL", help="run it on this Spark Connect server instead")
    _add_settings(command)
    command.add_argument("statement")
    command.set_defaults(run=_sql)


def _add_top(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("top", help="watch the streaming queries of an engine in the terminal")
    text = "where its monitoring page is (default: %(default)s)"
    command.add_argument("address", nargs="?", default=DEFAULT_PAGE, help=text)
    command.add_argument("--token", default=os.environ.get(TOKEN_VARIABLE), help=f"default: ${TOKEN_VARIABLE}")
    command.add_argument("--once", action="store_true", help="print once and end")
    command.set_defaults(run=_top)


def _add_settings(command: argparse.ArgumentParser) -> None:
    text = "a setting of the engine and its sessions; may be repeated"
    command.add_argument("--conf", metavar="KEY=VALUE", action="append", type=_setting, default=[], help=text)


def _setting(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not key or not sign:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value


def _add_demo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("demo", help="watch the sensor monitor work on simulated readings")
    command.add_argument("--kafka", metavar="HOST:PORT", help="your broker (default: one in memory)")
    command.add_argument("--topic", default="readings", help="where the readings go (default: %(default)s)")
    command.add_argument("--rate", type=float, default=DEMO_RATE, help="readings a second (default: %(default)s)")
    text = "seconds of event time in a second of the clock (default: %(default)s)"
    command.add_argument("--speed", type=float, default=DEMO_SPEED, help=text)
    command.add_argument("--seed", type=int, default=1, help="of the simulated readings (default: %(default)s)")
    end = command.add_mutually_exclusive_group()
    end.add_argument("--seconds", type=float, help="ends after so long; without it at Ctrl-C")
    text = "sends so many at once, and ends when they are worked off; same seed, same results"
    end.add_argument("--readings", type=int, metavar="N", help=text)
    command.add_argument("--output", metavar="FOLDER", help="keep the Delta tables and checkpoints here")
    command.set_defaults(run=_demo)


def _add_kafka_dev(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("kafka-dev", help="run a throw-away Kafka broker in memory, for trying programs")
    command.add_argument("--port", type=int, default=KAFKA_PORT, help="default: %(default)s")
    command.add_argument("--topic", action="append", default=[], help="a further topic to create; may be repeated")
    text = "how many example records a second the topic user_activity gets, 0 for none (default: %(default)s)"
    command.add_argument("--activity", type=float, default=5.0, metavar="PER_SECOND", help=text)
    command.set_defaults(run=_kafka_dev)


def _add_bench(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    benchmarks = commands.add_parser("bench", help="measure").add_subparsers(required=True, metavar="BENCHMARK")
    command = benchmarks.add_parser("startup", help="from process start to the first result")
    command.add_argument("--runs", type=int, default=7, help="default: %(default)s")
    command.set_defaults(run=_bench_startup)
    command = benchmarks.add_parser("state", help="a batch that touches 10,000 keys of many, and a restore")
    command.add_argument("--keys", type=int, nargs="+", default=STATE_KEYS, help="default: %(default)s")
    command.set_defaults(run=_bench_state)
    command = benchmarks.add_parser("batch", help="one micro-batch with its checkpoint, for few rows or none")
    command.add_argument("--rows", type=int, nargs="+", default=BATCH_ROWS, help="default: %(default)s")
    command.set_defaults(run=_bench_batch)
    command = benchmarks.add_parser("kafka", help="records into Kafka, out of it, and through a windowed average")
    text = "brokers, host:port; without them a cluster in memory, which shares this process"
    command.add_argument("--servers", help=text)
    command.add_argument("--messages", type=int, default=KAFKA_MESSAGES, help="default: %(default)s")
    command.set_defaults(run=_bench_kafka)
    command = benchmarks.add_parser("latency", help="how old rows from Kafka are when a Delta table has them")
    command.add_argument("--servers", help=text)
    command.add_argument("--rows", type=int, default=LATENCY_ROWS, help="a second (default: %(default)s)")
    command.add_argument("--seconds", type=int, default=LATENCY_SECONDS, help="default: %(default)s")
    command.set_defaults(run=_bench_latency)
    command = benchmarks.add_parser("jdbc", help="a table written to a database and read again")
    command.add_argument("--url", required=True, help="jdbc:postgresql://host/database?user=…&password=…")
    command.add_argument("--table", default=BENCH_TABLE, help="a table that is replaced (default: %(default)s)")
    command.add_argument("--rows", type=int, default=BENCH_TABLE_ROWS, help="default: %(default)s")
    command.set_defaults(run=_bench_jdbc)
    command = benchmarks.add_parser("delta", help="batches that a stream writes into a Delta table")
    command.add_argument("--rows", type=int, nargs="+", default=DELTA_ROWS, help="default: %(default)s")
    command.set_defaults(run=_bench_delta)
    command = benchmarks.add_parser("dashboard", help="a query with nobody at its page, and with viewers of it")
    command.add_argument("--viewers", type=int, default=DASHBOARD_VIEWERS, help="default: %(default)s")
    command.add_argument("--rows", type=int, default=DASHBOARD_BATCH_ROWS, help="of a batch (default: %(default)s)")
    command.add_argument("--rounds", type=int, default=DASHBOARD_ROUNDS, help="default: %(default)s")
    command.add_argument("--seconds", type=float, default=DASHBOARD_SECONDS, help="of a round (default: %(default)s)")
    command.set_defaults(run=_bench_dashboard)


# `run` must not wait for what only `server` needs, and starts its engine before anything heavy is imported.


def _run(options: argparse.Namespace) -> int:
    from unbounded.embed.running import run_program  # noqa: PLC0415

    if options.progress and options.remote is not None:
        sys.stderr.write("unbounded: --progress shows an engine of this program's own; for a server there is top\n")
        return USAGE_EXIT_CODE
    progress = {"unbounded.ui.enabled": "true", "unbounded.ui.progress": "true"} if options.progress else {}
    settings = {**dict(options.conf), **progress}
    return run_program(options.script, options.arguments, remote=options.remote, settings=settings)


def _top(options: argparse.Namespace) -> int:
    from unbounded.dashboard.terminal import watch_engine  # noqa: PLC0415

    return watch_engine(options.address, options.token, sys.stdout, is_single=options.once)


def _sql(options: argparse.Namespace) -> int:
    from unbounded.embed.running import run_statement  # noqa: PLC0415

    return run_statement(options.statement, remote=options.remote, settings=dict(options.conf))


def _server(options: argparse.Namespace) -> int:
    from unbounded.embed.serving import (  # noqa: PLC0415
        AddressRefused,
        EngineSettingRefused,
        serve_until_stopped,
        server_address,
    )

    try:
        address = server_address(
            options.host, options.port, options.token, certificate=options.tls_certificate, key=options.tls_key
        )
        return serve_until_stopped(address, dict(options.conf))
    except (AddressRefused, EngineSettingRefused, OSError) as error:
        sys.stderr.write(f"unbounded: {error}\n")
        return USAGE_EXIT_CODE


def _demo(options: argparse.Namespace) -> int:
    from unbounded.demo.demo import DemoOptions, run_demo  # noqa: PLC0415

    names = ("kafka", "topic", "rate", "speed", "seed", "seconds", "readings", "output")
    return run_demo(DemoOptions(**{name: getattr(options, name) for name in names}))


def _kafka_dev(options: argparse.Namespace) -> int:
    from unbounded.connectors.kafka.dev_broker import run_dev_broker  # noqa: PLC0415

    return run_dev_broker(options.port, options.topic, options.activity)


def _bench_startup(options: argparse.Namespace) -> int:
    from unbounded.embed.bench_startup import measure_startup  # noqa: PLC0415

    return measure_startup(options.runs)


def _bench_state(options: argparse.Namespace) -> int:
    from unbounded.state.bench_state import measure_state  # noqa: PLC0415

    return measure_state(options.keys)


def _bench_batch(options: argparse.Namespace) -> int:
    from unbounded.streaming.bench_batch import measure_batches  # noqa: PLC0415

    return measure_batches(options.rows)


def _bench_kafka(options: argparse.Namespace) -> int:
    from unbounded.streaming.bench_kafka import measure_kafka  # noqa: PLC0415

    return measure_kafka(options.servers, options.messages)


def _bench_latency(options: argparse.Namespace) -> int:
    from unbounded.embed.bench_latency import measure_latency  # noqa: PLC0415

    return measure_latency(options.servers, options.rows, options.seconds)


def _bench_jdbc(options: argparse.Namespace) -> int:
    from unbounded.embed.bench_jdbc import measure_database  # noqa: PLC0415

    return measure_database(options.url, options.table, options.rows)


def _bench_delta(options: argparse.Namespace) -> int:
    from unbounded.connectors.delta.bench_delta import measure_delta  # noqa: PLC0415

    return measure_delta(options.rows)


def _bench_dashboard(options: argparse.Namespace) -> int:
    from unbounded.dashboard.bench_dashboard import measure_dashboard  # noqa: PLC0415

    return measure_dashboard(options.viewers, options.rows, options.rounds, options.seconds)
