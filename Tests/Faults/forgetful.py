"""A file system in a folder that forgets, on a power cut, what was not synced. One process, started by power.py.

    forgetful.py <folder that keeps> <mount point>

What is written lies in memory until the file is synced; what is in the folder that keeps is what a power cut leaves. Names
are kept at once, as a journalling file system keeps them soon.
"""

import errno
import os
import sys

from fuse import FUSE, FuseOSError, Operations


class Forgetful(Operations):
    def __init__(self, kept):
        self.kept = kept
        # What each file is now, where that is more than what is kept.
        self.now, self.handles, self.next = {}, {}, 1

    def _kept(self, path):
        return os.path.join(self.kept, path.lstrip("/"))

    def _data(self, path):
        if path not in self.now:
            try:
                with open(self._kept(path), "rb") as file:
                    self.now[path] = bytearray(file.read())
            except FileNotFoundError:
                raise FuseOSError(errno.ENOENT) from None
        return self.now[path]

    def getattr(self, path, handle=None):
        try:
            facts = os.lstat(self._kept(path))
        except FileNotFoundError:
            raise FuseOSError(errno.ENOENT) from None
        names = ("st_mode", "st_nlink", "st_size", "st_uid", "st_gid", "st_atime", "st_mtime", "st_ctime")
        shown = {name: getattr(facts, name) for name in names}
        if path in self.now:
            shown["st_size"] = len(self.now[path])
        return shown

    def readdir(self, path, handle):
        return [".", "..", *os.listdir(self._kept(path))]

    def _handle(self):
        self.next += 1
        return self.next

    def open(self, path, flags):
        data = self._data(path)
        if flags & os.O_TRUNC:
            data.clear()
        return self._handle()

    def create(self, path, mode, info=None):
        os.close(os.open(self._kept(path), os.O_WRONLY | os.O_CREAT, mode))
        self._data(path)
        return self._handle()

    def read(self, path, size, offset, handle):
        return bytes(self._data(path)[offset : offset + size])

    def write(self, path, written, offset, handle):
        data = self._data(path)
        data.extend(bytes(max(0, offset - len(data))))
        data[offset : offset + len(written)] = written
        return len(written)

    def truncate(self, path, length, handle=None):
        data = self._data(path)
        del data[length:]
        data.extend(bytes(length - len(data)))

    def fsync(self, path, only_data, handle):
        if path not in self.now:
            return 0
        draft = self._kept(path) + ".draft"
        with open(draft, "wb") as file:
            file.write(self.now[path])
        os.chmod(draft, os.lstat(self._kept(path)).st_mode & 0o777)
        os.rename(draft, self._kept(path))
        return 0

    def unlink(self, path):
        self.now.pop(path, None)
        os.unlink(self._kept(path))

    def rename(self, old, new):
        if old in self.now:
            self.now[new] = self.now.pop(old)
        os.rename(self._kept(old), self._kept(new))

    def mkdir(self, path, mode):
        os.mkdir(self._kept(path), mode)

    def rmdir(self, path):
        os.rmdir(self._kept(path))

    def chmod(self, path, mode):
        os.chmod(self._kept(path), mode)

    def utimens(self, path, times=None):
        return 0

    def statfs(self, path):
        facts = os.statvfs(self.kept)
        return {name: getattr(facts, name) for name in ("f_bavail", "f_bfree", "f_blocks", "f_bsize", "f_frsize")}


if __name__ == "__main__":
    FUSE(Forgetful(sys.argv[1]), sys.argv[2], foreground=True, nothreads=True)
