"""The standard library in the guest: modules are not just there, they work, and as they do in this Python."""

import json
from typing import Any

import pytest

from tests.sandbox.guest_calls import Call

# The last line is an expression. Each snippet gives the same value in the guest as here.
SAME_AS_HERE = {
    "argparse": "import argparse\np = argparse.ArgumentParser(); p.add_argument('x', type=int)\np.parse_args(['3']).x",
    "array": "import array\narray.array('i', [1, 2]).tobytes().hex()",
    "ast": "import ast\n[ast.literal_eval('{1: [2]}')[1], ast.unparse(ast.parse('x=1'))]",
    "base64": "import base64\n[base64.b64encode(b'a?').decode(), base64.urlsafe_b64decode('_w==').hex(), base64.b85encode(b'ab').decode()]",
    "binascii": "import binascii\n[binascii.crc32(b'abc'), binascii.hexlify(b'a').decode()]",
    "bisect": "import bisect\nbisect.bisect([1, 3, 5], 3)",
    "calendar": "import calendar\n[calendar.monthrange(2024, 2), calendar.timegm((1970, 1, 2, 0, 0, 0)), calendar.day_name[0]]",
    "cmath": "import cmath\nround(cmath.sqrt(-4).imag, 6)",
    "codecs": "import codecs\n[codecs.encode('abc', 'rot13'), codecs.decode('616263', 'hex').decode(), codecs.lookup('latin-1').name]",
    "collections": "from collections import Counter, OrderedDict, defaultdict, deque, namedtuple, ChainMap\n[Counter('aab').most_common(1), list(deque([1, 2, 3], 2)), ChainMap({'a': 1}, {'b': 2})['b'], namedtuple('P', 'x y')(1, 2)]",
    "colorsys": "import colorsys\ncolorsys.rgb_to_hsv(0.2, 0.4, 0.4)",
    "configparser": "import configparser\nc = configparser.ConfigParser(); c.read_string('[a]\\nb = 1')\nc.getint('a', 'b')",
    "contextlib": "import contextlib\nwith contextlib.suppress(ValueError): int('x')\n'went on'",
    "copy": "import copy\na = [[1]]; b = copy.deepcopy(a); b[0].append(2)\n[a, b]",
    "csv": "import csv, io\nout = io.StringIO(); csv.DictWriter(out, ['a', 'b']).writerow({'a': 'x,y', 'b': '\"'})\n[list(csv.reader(['1,\"2,3\"'])), out.getvalue()]",
    "dataclasses": "from dataclasses import dataclass, field, asdict, replace\n@dataclass(frozen=True, slots=True, kw_only=True)\nclass A:\n    x: int\n    y: list[int] = field(default_factory=list)\nasdict(replace(A(x=1), x=2))",
    "datetime": "from datetime import date, datetime, timedelta, timezone\n[datetime.strptime('03/Feb/2024 04:05', '%d/%b/%Y %H:%M').isoformat(), (date(2024, 3, 1) - timedelta(days=1)).isoformat(), datetime.fromisoformat('2024-01-02T03:04:05+02:00').astimezone(timezone.utc).isoformat(), date(2024, 2, 3).strftime('%A %d %B %Y %j %U')]",
    "decimal": "from decimal import Decimal, ROUND_HALF_UP, getcontext\n[str(Decimal('0.1') + Decimal('0.2')), str(Decimal('2.675').quantize(Decimal('0.01'), ROUND_HALF_UP)), str(Decimal(2).sqrt()), f'{Decimal(\"1234567.891\"):,.2f}']",
    "difflib": "import difflib\n[difflib.get_close_matches('aple', ['apple', 'pear']), list(difflib.unified_diff(['a'], ['b']))]",
    "email": "from email.message import EmailMessage\nm = EmailMessage(); m['Subject'] = 'Grüße'; m['To'] = 'a@example.com'; m.set_content('Hallo Wält')\nimport email, email.policy\n[m.as_string(), email.message_from_string(m.as_string(), policy=email.policy.default).get_content()]",
    "email.mime": "from email.mime.multipart import MIMEMultipart\nfrom email.mime.text import MIMEText\nfrom email.mime.image import MIMEImage\nm = MIMEMultipart(boundary='b'); m.attach(MIMEText('hi', 'html')); m.attach(MIMEImage(b'x', 'png'))\nm.as_string()",
    "email.utils": "from email.utils import parsedate_to_datetime, format_datetime, parseaddr, formataddr\n[parsedate_to_datetime('Tue, 02 Jan 2024 03:04:05 GMT').isoformat(), parseaddr('A B <a@b.c>'), formataddr(('Ä', 'a@b.c'))]",
    "enum": "import enum\nclass C(enum.StrEnum):\n    RED = enum.auto()\nclass F(enum.Flag):\n    A = 1; B = 2\n[C.RED, C('red').name, (F.A | F.B).value]",
    "fnmatch": "import fnmatch\nfnmatch.filter(['a.txt', 'b.py'], '*.py')",
    "fractions": "from fractions import Fraction\nstr(Fraction(1, 3) + Fraction(1, 6))",
    "functools": "import functools\n@functools.lru_cache\ndef fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\n@functools.singledispatch\ndef kind(x): return 'any'\n@kind.register\ndef _(x: int): return 'int'\n[fib(80), functools.reduce(lambda a, b: a * b, [1, 2, 3, 4]), kind(1), kind('')]",
    "graphlib": "import graphlib\nlist(graphlib.TopologicalSorter({'b': {'a'}, 'c': {'b'}}).static_order())",
    "gzip": "import gzip\ngzip.decompress(gzip.compress(b'abc' * 100)).decode()",
    "hashlib": "import hashlib\n[hashlib.new(name, b'abc').hexdigest() for name in ('md5', 'sha1', 'sha256', 'sha512', 'sha3_256', 'blake2b')] + [hashlib.pbkdf2_hmac('sha256', b'p', b's', 10).hex()]",
    "hashlib.pbkdf2_hmac": "import hashlib\n[hashlib.pbkdf2_hmac('sha1', b'p' * 100, b'salt', 3, 50).hex(), hashlib.pbkdf2_hmac('sha512', b'', b'', 2, 5).hex()]",
    "heapq": "import heapq\n[heapq.nlargest(2, [3, 1, 2]), list(heapq.merge([1, 4], [2, 3]))]",
    "hmac": "import hmac\n[hmac.new(b'key', b'message', 'sha256').hexdigest(), hmac.compare_digest('a', 'a')]",
    "html": "import html\n[html.escape('<a href=\"x\">'), html.unescape('&eacute;&#65;')]",
    "html.parser": "from html.parser import HTMLParser\nclass P(HTMLParser):\n    seen = []\n    def handle_starttag(self, tag, attributes): self.seen.append((tag, attributes))\nP().feed('<p class=x><br>')\nP.seen",
    "http": "import http\n[http.HTTPStatus.NOT_FOUND.phrase, http.HTTPMethod.GET]",
    "http.cookies": "from http.cookies import SimpleCookie\nSimpleCookie('a=1; b=2')['b'].value",
    "inspect": "import inspect\nstr(inspect.signature(lambda a, *, b=1: 0))",
    "io": "import io\n[io.StringIO('a\\nb').readlines(), io.BytesIO(b'ab').read(1).decode()]",
    "ipaddress": "import ipaddress\n[ipaddress.ip_address('10.0.0.1').is_private, str(ipaddress.ip_network('10.0.0.0/30').broadcast_address), ipaddress.ip_address('::1').is_loopback]",
    "itertools": "import itertools\n[list(itertools.batched([1, 2, 3], 2)) if hasattr(itertools, 'batched') else [(1, 2), (3,)], list(itertools.accumulate([1, 2, 3])), len(list(itertools.permutations('abc')))]",
    "json": "import json\n[json.loads('{\"a\": [1.5, null, true]}'), json.dumps({'b': 1, 'a': 'é'}, indent=1, sort_keys=True, ensure_ascii=False)]",
    "keyword": "import keyword\nkeyword.iskeyword('def')",
    "locale-free formatting": "['{:,}'.format(1234567), f'{0.256:.1%}', f'{255:#x}', f'{3:>5}|{3:<5}|{3:^5}', '%08.3f' % 3.14159, f'{1e10:g}']",
    "math": "import math\n[math.comb(5, 2), math.isclose(0.1 + 0.2, 0.3), math.gcd(12, 18), math.prod([2, 3]), round(math.dist((0, 0), (3, 4)), 3)]",
    "mimetypes": "import mimetypes\n[mimetypes.guess_type('a.png')[0], mimetypes.guess_type('a.html')[0]]",
    "numbers": "import numbers\nisinstance(1, numbers.Integral)",
    "operator": "import operator\nlist(map(operator.itemgetter('a'), [{'a': 1}]))",
    "os.path": "import os.path\n[os.path.join('a', 'b.txt'), os.path.splitext('b.tar.gz'), os.path.basename('/a/b')]",
    "pathlib": "from pathlib import PurePosixPath\n[str(PurePosixPath('/a') / 'b.txt'), PurePosixPath('b.txt').suffix]",
    "pickle": "import pickle\npickle.loads(pickle.dumps({'a': [1, {2}]}))['a'][0]",
    "pprint": "import pprint\npprint.pformat({'b': list(range(30)), 'a': 1})",
    "queue": "import queue\nq = queue.PriorityQueue(); q.put(2); q.put(1)\nq.get()",
    "quopri": "import quopri\nquopri.encodestring('ä='.encode()).decode()",
    "random, seeded": "import random\nr = random.Random(5)\n[r.random(), r.randint(1, 100), r.choice('abc'), r.sample(range(9), 3), r.gauss(0, 1), r.uniform(1, 2), r.triangular(), r.expovariate(1), r.betavariate(1, 2), sorted(r.choices([1, 2], [1, 9], k=3))]",
    "re": "import re\n[re.sub(r'(\\w+) (\\w+)', r'\\2 \\1', 'a b'), re.findall(r'(?i)[a-zà-ÿ]+', 'Ab é'), re.fullmatch(r'(?P<y>\\d{4})-\\d\\d', '2024-01')['y'], re.split(r'\\s*,\\s*', 'a , b')]",
    "reprlib": "import reprlib\nreprlib.repr(list(range(100)))",
    "sched": "import sched, time\ns = sched.scheduler(time.monotonic, time.sleep); seen = []; s.enter(0.001, 1, seen.append, ('x',)); s.run()\nseen",
    "secrets": "import secrets\n[len(secrets.token_hex(8)), len(secrets.token_urlsafe(8)) > 8, secrets.choice([1]), secrets.compare_digest('a', 'a')]",
    "shlex": "import shlex\nshlex.split('a \"b c\" d')",
    "sqlite3, in memory": "import sqlite3\nc = sqlite3.connect(':memory:'); c.execute('create table t (a, b)'); c.executemany('insert into t values (?, ?)', [(1, 'x'), (2, 'y')])\nc.execute('select b, sum(a) from t group by b order by b desc').fetchall()",
    "statistics": "import statistics\n[statistics.mean([1, 2, 4]), statistics.median([3, 1, 2]), round(statistics.stdev([1, 2, 3, 4]), 6), statistics.quantiles([1, 2, 3, 4])]",
    "string": "import string\n[string.Template('$a is ${b}').substitute(a=1, b=2), string.ascii_lowercase[:3], string.capwords('a b')]",
    "stringprep": "import stringprep\nstringprep.in_table_a1('\\u0221')",
    "struct": "import struct\n[struct.pack('>IhB', 1, -2, 3).hex(), struct.unpack('<d', b'\\0' * 8)]",
    "textwrap": "import textwrap\n[textwrap.shorten('a long text here', 10), textwrap.fill('aaa bbb ccc', 7), textwrap.dedent('  a\\n   b')]",
    "time": "import time\n[time.strftime('%Y-%m-%d', time.gmtime(0)), time.strptime('1 Jan 2024', '%d %b %Y').tm_yday]",
    "tokenize": "import io, tokenize\n[token.string for token in tokenize.generate_tokens(io.StringIO('a+1').readline)][:3]",
    "tomllib": "import tomllib\ntomllib.loads('a = [1, 2]\\n[b]\\nc = \"d\"')",
    "traceback": "import traceback\ntry: 1 / 0\nexcept ZeroDivisionError as error: last = traceback.format_exception_only(error)[-1]\nlast",
    "types": "import types\n[types.SimpleNamespace(a=1).a, dict(types.MappingProxyType({'a': 1}))]",
    "typing": "import typing\nclass T(typing.TypedDict):\n    a: int\n@typing.runtime_checkable\nclass P(typing.Protocol):\n    def close(self): ...\n[typing.get_type_hints(T)['a'].__name__, isinstance(1, P), T(a=1)]",
    "unicodedata": "import unicodedata\n[unicodedata.normalize('NFC', 'e\\u0301'), unicodedata.name('é'), unicodedata.category('A')]",
    "unittest.mock": "from unittest.mock import Mock\nm = Mock(return_value=3); m(1)\n[m(), m.call_count]",
    "urllib.parse": "from urllib.parse import urlsplit, urljoin, quote, unquote, urlencode, parse_qs\n[urlsplit('https://a:1/b?c=d#e').port, urljoin('https://a/b/c', '../d'), quote('a b/é'), unquote('%C3%A9'), urlencode({'a': [1, 2]}, doseq=True), parse_qs('a=1&a=2')]",
    "uuid": "import uuid\n[str(uuid.uuid5(uuid.NAMESPACE_DNS, 'example.com')), uuid.UUID(int=1).version, uuid.uuid4().version]",
    "weakref": "import weakref\nclass A: pass\na = A(); r = weakref.ref(a)\nr() is a",
    "xml.etree": "import xml.etree.ElementTree as ET\nroot = ET.fromstring('<a x=\"1\"><b>t</b></a>')\n[root.get('x'), root.findtext('b'), ET.tostring(root).decode(), [e.tag for e in root.iter()]]",
    "xml.dom": "from xml.dom import minidom\nminidom.parseString('<a><b/></a>').documentElement.firstChild.tagName",
    "xml.sax": "from xml.sax.saxutils import escape, quoteattr\n[escape('<&>'), quoteattr('\"')]",
    "zipfile": "import io, zipfile\nb = io.BytesIO()\nwith zipfile.ZipFile(b, 'w', zipfile.ZIP_DEFLATED) as z: z.writestr('a.txt', 'hello')\nzipfile.ZipFile(b).read('a.txt').decode()",
    "tarfile": "import io, tarfile\nb = io.BytesIO()\nwith tarfile.open(fileobj=b, mode='w:gz') as t: i = tarfile.TarInfo('a'); i.size = 2; t.addfile(i, io.BytesIO(b'hi'))\nb.seek(0)\ntarfile.open(fileobj=b).extractfile('a').read().decode()",
    "zlib": "import zlib\n[zlib.decompress(zlib.compress(b'abc')).decode(), zlib.adler32(b'abc')]",
    "zoneinfo": "from datetime import datetime\nfrom zoneinfo import ZoneInfo\n[datetime(2020, 1, 1, 12, tzinfo=ZoneInfo('Europe/Sofia')).isoformat(), datetime(2020, 7, 1, 12, tzinfo=ZoneInfo('America/New_York')).utcoffset().total_seconds(), ZoneInfo('Asia/Kolkata').key, datetime(2020, 3, 29, 0, 30, tzinfo=ZoneInfo('UTC')).astimezone(ZoneInfo('Europe/Berlin')).tzname()]",
    "encodings": "[('aé€'.encode(name, 'replace').decode(name)) for name in ('latin-1', 'cp1252', 'utf-16', 'utf-7', 'ascii', 'koi8-r', 'shift_jis', 'gb18030', 'iso8859-15', 'utf-8-sig')]",
    "idna and punycode": "['bücher.example'.encode('idna').decode(), 'bücher'.encode('punycode').decode(), b'xn--bcher-kva'.decode('idna')]",
    "bytes codecs": "import codecs\n[codecs.encode(b'a=', 'quopri').decode(), codecs.encode(b'abc', 'zlib')[:1].hex(), codecs.encode(b'a', 'base64').decode()]",
    "sorting and text": "[sorted(['b', 'A', 'ä'], key=str.casefold), 'ß'.upper(), 'straße'.casefold(), 'İ'.lower(), '①'.isnumeric()]",
    "integers": "[2 ** 200, (-7) // 2, (255).to_bytes(2, 'big').hex(), int('ff', 16), (10 ** 20).bit_length(), pow(3, -1, 7)]",
    "floats": "[0.1 + 0.2, 1e308 * 10 == float('inf'), round(2.5), repr(1e16), float('1e-7'), (0.5).hex()]",
    "match": "def kind(x):\n    match x:\n        case {'a': [first, *_]}: return first\n        case str() | int(): return 'plain'\n        case _: return 'other'\n[kind({'a': [1, 2]}), kind(3), kind(None)]",
    "exception groups": "seen = []\ntry: raise ExceptionGroup('g', [ValueError(1), TypeError(2)])\nexcept* ValueError as e: seen.append(len(e.exceptions))\nexcept* TypeError: seen.append('t')\nseen",
    "eval, exec and compile": "scope = {}\nexec(compile('x = 1 + 1', 'made', 'exec'), scope)\n[scope['x'], eval('x * 2', scope)]",
}  # fmt: skip


def here(snippet: str) -> Any:
    """The value of a snippet in this Python, as JSON gives it back."""
    scope: dict[str, Any] = {"__name__": "__main__"}
    statements, _, expression = snippet.rpartition("\n")
    exec(statements, scope)  # noqa: S102
    return json.loads(json.dumps(eval(expression, scope)))  # noqa: S307


@pytest.mark.parametrize("snippet", SAME_AS_HERE.values(), ids=SAME_AS_HERE)
def test_works_as_here(call: Call, snippet: str) -> None:
    statements, _, expression = snippet.rpartition("\n")
    assert call(f"{statements}\ndef on_request(request, response): return {expression}\n").value == here(snippet)


# What this Python may not have: the guest's own version. name: (expression, value)
ITS_OWN: dict[str, tuple[str, object]] = {
    "its version": ("list(__import__('sys').version_info[:2])", [3, 14]),
    "its platform": ("__import__('sys').platform", "wasi"),
    "itertools.batched": ("list(__import__('itertools').batched([1, 2, 3], 2))", [[1, 2], [3]]),
    "template strings": ("[part for part in t'a{1}'.strings]", ["a", ""]),
    "email.utils.make_msgid": ("__import__('email.utils').utils.make_msgid().endswith('@localhost>')", True),
    "uuid7": ("__import__('uuid').uuid7().version", 7),
    "time zones": ("len(__import__('zoneinfo').available_timezones()) > 400", True),
    "no recursion limit of its own": ("(lambda f: f(f, 400))(lambda f, n: n if n == 0 else f(f, n - 1))", 0),
}


@pytest.mark.parametrize(("expression", "value"), ITS_OWN.values(), ids=ITS_OWN)
def test_its_own_version(call: Call, expression: str, value: object) -> None:
    assert call(f"def on_request(request, response): return {expression}").value == value


# There is no file system, no environment and nobody at a keyboard. name: (body, exception)
NOTHING_OUTSIDE = {
    "reading a file": ("open('/etc/passwd')", "FileNotFoundError"),
    "writing a file": ("open('/tmp/x', 'w')", "FileNotFoundError"),
    "a temporary file": ("import tempfile; tempfile.TemporaryFile()", "FileNotFoundError"),
    "making a folder": ("import os; os.mkdir('/tmp/x')", "FileNotFoundError"),
    "an unknown time zone": ("import zoneinfo; zoneinfo.ZoneInfo('Mars/Olympus')", "ZoneInfoNotFoundError"),
    "input": ("input()", "EOFError"),
    "a debugger": ("breakpoint()", "RuntimeError"),
    "a variable": ("import os; os.environ['PATH']", "KeyError"),
}


@pytest.mark.parametrize(("body", "exception"), NOTHING_OUTSIDE.values(), ids=NOTHING_OUTSIDE)
def test_there_is_nothing_outside(call: Call, body: str, exception: str) -> None:
    assert call(f"def on_request(request, response):\n    {body}").failure["type"] == exception


def test_the_environment_and_the_arguments_are_empty(call: Call) -> None:
    source = "import os, sys\ndef on_request(request, response): return [dict(os.environ), sys.argv, os.getcwd()]"
    assert call(source).value == [{}, [""], "/"]
