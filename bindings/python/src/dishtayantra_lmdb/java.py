"""Java calculators as Python ones: over Py4J, with the JVM in a process of its own, or over JPype,
with the JVM in this process.

>>> from dishtayantra_lmdb import java, wrap_with_lmdb
>>> gateway = java.start_gateway()
>>> risk = java.Py4JCalculator(gateway, "com.dishtayantra.calculators.RiskCalculator", "risk")
>>> wrap_with_lmdb(risk, config, "risk").calculate({"values": returns})

The packages py4j or JPype1 are imported when they are needed.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ._java.jpype import JPypeCalculator
from ._java.py4j import Py4JCalculator
from ._java.values import JavaCalculator, JavaError, JvmGoneError
from ._library import load, optional
from ._library.abi import version

__all__ = [
    "COORDINATES",
    "JPypeCalculator",
    "JavaCalculator",
    "JavaError",
    "JvmGoneError",
    "Py4JCalculator",
    "class_path",
    "start_gateway",
    "start_jvm",
    "stop_gateway",
]

VARIABLE = "DISHTAYANTRA_JARS"
_ARTIFACTS = ("lmdb", "calculators")
# What Maven and Gradle call the jars that fit this package.
COORDINATES = tuple(f"com.dishtayantra:dishtayantra-{name}:{version()}" for name in _ARTIFACTS)
_PROPERTY = "dishtayantra.lmdb.library"
_JARS = Path(__file__).resolve().parent / "_jars"


def class_path(more: Iterable[str | os.PathLike[str]] = ()) -> list[str]:
    """The jars of this project, and more.

    They are those that the environment variable ``DISHTAYANTRA_JARS`` names (jars, and directories
    of jars, separated as in ``PATH``), those inside this package (a wheel), or those built in the
    source tree. The wheel's hold no library of their own: ``start_gateway`` and ``start_jvm`` have
    Java use the package's.

    Args:
        more: what goes before them: jars and directories of classes of the caller's.

    Raises:
        FileNotFoundError: there are none, and the message says where was looked; or nothing is
            where one of ``more`` should be.
    """
    given = [str(os.fspath(place)) for place in more]
    for place in given:
        # "lib/*" is all jars there.
        if not Path(place.removesuffix("*") or ".").exists():
            raise FileNotFoundError(f"there is no {place}, which was to be on Java's class path")
    named = os.environ.get(VARIABLE)
    jars = list(_named(named)) if named else _inside() or list(_built())
    if not jars:
        looked = (
            f"{VARIABLE}={named}"
            if named
            else f"{VARIABLE}: not set\n  {_JARS}\n  {_source_tree()}"
        )
        raise FileNotFoundError(
            "no jars of dishtayantra were found; build them with 'make java', or take "
            f"{' and '.join(COORDINATES)} from a Maven repository; looked at:\n  {looked}"
        )
    return [*given, *jars]


def __dir__() -> list[str]:
    return sorted(__all__)


def _named(places: str) -> Iterator[str]:
    for place in places.split(os.pathsep):
        path = Path(place)
        if path.is_dir():
            yield from sorted(map(str, path.glob("*.jar")))
        elif path.exists():
            yield place


def _source_tree() -> Path:
    return Path(__file__).resolve().parents[4] / "java"


def _inside() -> list[str]:
    return sorted(map(str, _JARS.glob("*.jar")))


def _library_option(jars: Iterable[str], options: Iterable[str]) -> list[str]:
    """Names the library for a JVM of its own, where the jars hold none and nobody has named one."""
    named = any(option.startswith(f"-D{_PROPERTY}=") for option in options)
    if named or os.environ.get(load.VARIABLE) or not any(jar in _inside() for jar in jars):
        return []
    return [f"-D{_PROPERTY}={_JARS.parent / load.FILE_NAME}"]


def _built() -> Iterator[str]:
    for artifact in _ARTIFACTS:
        for jar in sorted(
            (_source_tree() / artifact / "target").glob(f"dishtayantra-{artifact}-*.jar")
        ):
            if not jar.stem.endswith(("-sources", "-javadoc", "-tests")):
                yield str(jar)


def start_gateway(
    more: Iterable[str | os.PathLike[str]] = (),
    java: str = "java",
    options: Sequence[str] = (),
) -> Any:
    """Starts a JVM with a Py4J gateway. It ends with this process, or by :func:`stop_gateway`.

    Args:
        more: jars and directories of classes of the caller's.
        java: the program that runs Java, 17 or newer.
        options: options of the JVM.

    Returns:
        The ``JavaGateway``. Its ``java_process`` is the JVM.

    Raises:
        FileNotFoundError: there are no jars, or nothing where the caller's are.
        ImportError: ``py4j`` is not there.
    """
    optional.module("py4j", "java.start_gateway")
    from py4j.java_gateway import JavaGateway, JavaPackage

    jars = class_path(more)
    gateway = JavaGateway.launch_gateway(
        classpath=os.pathsep.join(jars),
        java_path=java,
        javaopts=[*_library_option(jars, options), *options],
        die_on_exit=True,
        enable_auth=True,
    )
    sockets = gateway.jvm.com.dishtayantra.calculators.GatewaySockets
    if not isinstance(sockets, JavaPackage):
        gateway.java_gateway_server.addListener(sockets.prompt())
        # The connection that was made for this is not prompt yet.
        gateway.close(keep_callback_server=True)
    return gateway


def stop_gateway(gateway: Any, patience: float = 10.0) -> None:
    """Ends a gateway and its JVM, which :func:`start_gateway` started; also one that is dead.

    Args:
        gateway: the ``JavaGateway``.
        patience: seconds that the JVM may take; then it is killed.
    """
    gateway.shutdown()
    # Proxies that are left have nobody to tell that they go.
    gateway._gateway_client.is_connected = False
    # The JVM ends when its input does.
    gateway.java_process.stdin.close()
    try:
        gateway.java_process.wait(patience)
    except subprocess.TimeoutExpired:
        gateway.java_process.kill()
        gateway.java_process.wait()


def start_jvm(
    more: Iterable[str | os.PathLike[str]] = (),
    jvm: str | None = None,
    options: Sequence[str] = (),
) -> None:
    """Starts the JVM of this process with JPype, unless it runs. Java uses the copy of the library
    that this package has loaded.

    Args:
        more: jars and directories of classes of the caller's.
        jvm: the file ``libjvm.so``; by default what JPype finds.
        options: options of the JVM.

    Raises:
        FileNotFoundError: there are no jars, or nothing where the caller's are.
        ImportError: ``JPype1`` is not there.
    """
    jpype = optional.module("jpype", "java.start_jvm")
    if not jpype.isJVMStarted():
        jpype.startJVM(jvm or jpype.getDefaultJVMPath(), *options, classpath=class_path(more))
