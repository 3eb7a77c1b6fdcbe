"""Properties of Kafka's Java client in the names of librdkafka. Others pass as they are: librdkafka judges them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from unbounded.errors import not_supported

Properties = Mapping[str, str]

_RENAMED: Properties = {
    "request.timeout.ms": "socket.timeout.ms",
    "receive.buffer.bytes": "socket.receive.buffer.bytes",
    "send.buffer.bytes": "socket.send.buffer.bytes",
    "max.request.size": "message.max.bytes",
    "fetch.max.wait.ms": "fetch.wait.max.ms",
    "ssl.truststore.certificates": "ssl.ca.pem",
    "ssl.keystore.key": "ssl.key.pem",
    "ssl.keystore.certificate.chain": "ssl.certificate.pem",
}
_MEANINGLESS = frozenset({"max.poll.records", "auto.include.jmx.reporter", "metric.reporters", "buffer.memory"})
"""They size or watch the Java client alone and change no row."""
_READ_ELSEWHERE = frozenset({"default.api.timeout.ms", "max.block.ms"})
"""How long this connector waits for an answer."""
_JAAS = re.compile(r"\s*([\w.$]+)\s+(?:required|requisite|sufficient|optional)\b(.*?);?\s*", re.DOTALL)
_JAAS_OPTION = re.compile(r"""(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^\s;]+))""")
_JAAS_NAMES: Mapping[str, Properties] = {
    "PlainLoginModule": {"username": "sasl.username", "password": "sasl.password"},
    "ScramLoginModule": {"username": "sasl.username", "password": "sasl.password"},
    "Krb5LoginModule": {
        "principal": "sasl.kerberos.principal",
        "keyTab": "sasl.kerberos.keytab",
        "serviceName": "sasl.kerberos.service.name",
    },
    "OAuthBearerLoginModule": {
        "clientId": "sasl.oauthbearer.client.id",
        "clientSecret": "sasl.oauthbearer.client.secret",
        "scope": "sasl.oauthbearer.scope",
    },
}


def client_properties(java: Properties) -> dict[str, str]:
    """Raises: SparkError for stores and login modules that librdkafka cannot read"""
    found: dict[str, str] = {}
    for name, value in java.items():
        translate = _TRANSLATED.get(name)
        if translate is not None:
            found |= translate(value, java)
        elif name not in _MEANINGLESS | _READ_ELSEWHERE:
            found[_RENAMED.get(name, name)] = value
    return found


def _truststore(location: str, java: Properties) -> Properties:
    if java.get("ssl.truststore.type", "JKS").upper() != "PEM":
        hint = "Export its certificates as PEM and set kafka.ssl.truststore.type to PEM."
        raise not_supported("A Kafka trust store that is not PEM", hint)
    return {"ssl.ca.location": location}


def _keystore(location: str, java: Properties) -> Properties:
    match java.get("ssl.keystore.type", "JKS").upper():
        case "PEM":
            return {"ssl.certificate.location": location, "ssl.key.location": location}
        case "PKCS12":
            password = java.get("ssl.keystore.password")
            return {"ssl.keystore.location": location} | ({"ssl.keystore.password": password} if password else {})
        case _:
            hint = "Convert it to PKCS12 or PEM and set kafka.ssl.keystore.type."
            raise not_supported("A Kafka key store in Java's format", hint)


def _login(text: str, java: Properties) -> Properties:
    match = _JAAS.fullmatch(text)
    module = match[1].rsplit(".", 1)[-1] if match else ""
    if match is None or module not in _JAAS_NAMES:
        hint = f"Use one of {', '.join(_JAAS_NAMES)}, or librdkafka's own properties with the prefix kafka."
        raise not_supported(f"The Kafka login {module or 'given in sasl.jaas.config'}", hint)
    names = _JAAS_NAMES[module]
    found = {names[name]: value for name, value in _jaas_options(match[2]).items() if name in names}
    return {"sasl.oauthbearer.method": "oidc", **found} if module == "OAuthBearerLoginModule" else found


def _jaas_options(text: str) -> dict[str, str]:
    return {
        match[1]: match[4] or re.sub(r"\\(.)", r"\1", match[2] or match[3] or "")
        for match in _JAAS_OPTION.finditer(text)
    }


def _host_check(algorithm: str, java: Properties) -> Properties:
    return {"ssl.endpoint.identification.algorithm": algorithm.lower() or "none"}


def _nothing(value: str, java: Properties) -> Properties:
    """Read together with its location."""
    return {}


_TRANSLATED: Mapping[str, Callable[[str, Properties], Properties]] = {
    "ssl.truststore.location": _truststore,
    "ssl.truststore.type": _nothing,
    "ssl.truststore.password": _nothing,
    "ssl.keystore.location": _keystore,
    "ssl.keystore.type": _nothing,
    "ssl.keystore.password": _nothing,
    "ssl.endpoint.identification.algorithm": _host_check,
    "sasl.jaas.config": _login,
}
