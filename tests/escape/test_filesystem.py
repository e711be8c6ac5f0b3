"""There is no file system: nothing to read, nothing to write, no library to load."""

from tests.escape.attempts import Answers, Attempt, Fails, Stage, rows

NO_FILE = Fails(901, "FileNotFoundError")
NO_DATABASE = Fails(901, "OperationalError", "unable to open database")
NO_LIBRARY = Fails(901, "ImportError", "library not found")
SQLITE = "import sqlite3\ndatabase = sqlite3.connect(':memory:')\n"

ATTEMPTS = [
    Attempt("a file by its path", "return open('/etc/passwd').read()", NO_FILE),
    Attempt("up and up again", "return open('../' * 40 + 'etc/passwd').read()", NO_FILE),
    Attempt("the server's environment in proc", "return open(f'/proc/{os.getpid()}/environ').read()", NO_FILE),
    Attempt("the runner's descriptors in proc", "return os.listdir('/proc/self/fd')", NO_FILE),
    Attempt("the runner's program in proc", "return os.readlink('/proc/self/exe')", NO_FILE),
    Attempt("a device", "return open('/dev/mem', 'rb').read(1)", NO_FILE),
    Attempt("the root folder", "return os.listdir('/')", NO_FILE),
    Attempt("the current folder", "return [entry.name for entry in os.scandir()]", NO_FILE),
    Attempt("whatever there is", """
        import glob, pathlib
        return [list(os.walk('/')), list(map(str, pathlib.Path('/').rglob('*'))), glob.glob('/**', recursive=True)]
        """, Answers([[], [], []])),
    Attempt("a new file", "open('/tmp/left', 'w').write('x')", NO_FILE),
    Attempt("a new folder", "os.mkdir('/left')", NO_FILE),
    Attempt("a link to a file", "os.symlink('/etc/passwd', 'link')", NO_FILE),
    Attempt("a file renamed", "os.rename('/etc/passwd', '/etc/passed')", NO_FILE),
    Attempt("another folder to work in", "os.chdir('/etc')", NO_FILE),
    Attempt("a folder beside each descriptor", """
        opened = []
        for descriptor in range(-100, 2000):
            for path in ('.', '..', 'etc/passwd', '/etc/passwd', '../../etc/passwd'):
                try: opened.append(os.open(path, os.O_RDONLY, dir_fd=descriptor))
                except OSError: pass
        return opened
        """, Answers([])),
    Attempt("the descriptors that are open", """
        found = []
        for descriptor in range(5000):
            try: os.fstat(descriptor); found.append(descriptor)
            except OSError: pass
        return found
        """, Answers([0, 1, 2])),
    Attempt("what stands in the standard input", "return [os.read(0, 100).decode(), sys.__stdin__.read()]", Answers(["", ""])),
    Attempt("the standard output past the log", """
        sys.__stdout__.write('forged' * 10_000); sys.__stdout__.flush()
        return [os.write(1, b'forged'), os.write(2, b'forged')]
        """, Answers([6, 6])),
    Attempt("a copy of a descriptor", "return os.dup(1)", Fails(901, "OSError", "Not supported")),
    Attempt("a path with a null", "return open('/etc/passwd\\0.txt').read()", Fails(901, "ValueError", "null byte")),
    Attempt("a path of ten megabytes", "return open('/' + 'a' * 10_000_000).read()", NO_FILE),
    Attempt("a path that is not UTF-8", "return open(b'/\\xff\\xfe/passwd').read()", NO_FILE),
    Attempt("an opener of one's own", "return io.FileIO('x', opener=lambda path, flags: 3).read()", Fails(901, "OSError", "Bad file descriptor")),
    Attempt("a temporary file", "import tempfile; tempfile.NamedTemporaryFile()", NO_FILE),
    Attempt("a temporary file that spills over", """
        import tempfile
        with tempfile.SpooledTemporaryFile(max_size=10) as file: file.write(b'x' * 100)
        """, NO_FILE),
    Attempt("a database in a file", "import sqlite3; sqlite3.connect('/tmp/x.db').execute('CREATE TABLE t (a)')", NO_DATABASE),
    Attempt("a database that is attached", SQLITE + "database.execute(\"ATTACH 'relive.sqlite' AS server\")", NO_DATABASE),
    Attempt("a database vacuumed into a file", SQLITE + """
database.execute('CREATE TABLE t (a)'); database.commit()
database.execute("VACUUM INTO '/tmp/x.db'")
""", NO_DATABASE),
    Attempt("a database that needs a temporary file", """
        import sqlite3
        database = sqlite3.connect('')
        database.execute('CREATE TABLE t (a)')
        database.executemany('INSERT INTO t VALUES (?)', [('x' * 1000,)] * 20_000)
        """, Fails(901, "OperationalError", "disk I/O error")),
    Attempt("a library through the database", SQLITE + "database.enable_load_extension(True)", Fails(901, "AttributeError")),
    Attempt("a library through SQL", SQLITE + "database.execute(\"SELECT load_extension('/lib/libc.so')\")",
            Fails(901, "OperationalError", "no such function")),
    Attempt("a library by its path", """
        import _imp
        from importlib.machinery import ModuleSpec
        return repr(_imp.create_dynamic(ModuleSpec('libc', None, origin='/lib/libc.so.6')))
        """, NO_LIBRARY),
    Attempt("a library by its name", """
        import _imp
        from importlib.machinery import ModuleSpec
        return repr(_imp.create_dynamic(ModuleSpec('_ctypes', None, origin='libpython3.14.so')))
        """, NO_LIBRARY),
    Attempt("another function's source by a loader", """
        from importlib.machinery import SourceFileLoader
        return repr(SourceFileLoader('portrait', '/functions/portrait.py').get_code('portrait'))
        """, NO_FILE),
    Attempt("another function's source by its line", """
        import linecache
        return linecache.getlines('functions/portrait.py')
        """, Answers([])),
    Attempt("modules from folders", """
        from importlib.machinery import PathFinder
        sys.path[:] = ['/', '.', '/tmp', '/functions', '/usr/lib/python3']
        sys.meta_path[:] = [PathFinder]
        sys.path_importer_cache.clear()
        import portrait
        """, Fails(901, "ModuleNotFoundError")),
    Attempt("a zip file of modules", "import zipimport; zipimport.zipimporter('/functions.zip')", Fails(901, "ZipImportError")),
    Attempt("a program by its path", "import runpy; runpy.run_path('/functions/portrait.py')", NO_FILE),
    Attempt("data of a package, and up", "import pkgutil; return repr(pkgutil.get_data('json', '../../etc/passwd'))", NO_FILE),
    Attempt("a time zone that is a file", """
        import zoneinfo
        zoneinfo.reset_tzpath(['/'])
        return str(zoneinfo.ZoneInfo('etc/passwd'))
        """, Fails(901, "ZoneInfoNotFoundError")),
    Attempt("an external entity of XML", """
        import xml.etree.ElementTree as tree
        return tree.fromstring('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>').text
        """, Fails(901, "ParseError")),
    Attempt("memory of a file", "import mmap", Fails(901, "ModuleNotFoundError")),
    Attempt("the log as a file", "import logging; logging.FileHandler('/var/log/messages')", NO_FILE),
]  # fmt: skip


@rows(ATTEMPTS)
def test_attempt(stage: Stage, attempt: Attempt) -> None:
    stage.carry_out(attempt)
