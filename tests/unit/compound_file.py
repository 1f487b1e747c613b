"""OLE2 files for the writers of test files beside it."""
import struct

NONE, END = 0xFFFFFFFF, 0xFFFFFFFE


class Sectors:
    """Chains of sectors, and their table."""

    def __init__(self, size):
        self.size, self.data, self.table = size, b"", []

    def add(self, content):
        if not content:
            return END
        start, n = len(self.table), -(-len(content) // self.size)
        self.data += content.ljust(n * self.size, b"\0")
        self.table.extend(list(range(start + 1, start + n)) + [END])
        return start


def compound(streams, mini=False):
    """A minimal OLE2 file [MS-CFB]: version 3, one FAT sector.  Streams are padded to 4096, or else (mini) short ones share the
    mini stream.  A name "a/b" is a stream in a storage."""
    sectors, small, entries, tree = Sectors(512), Sectors(64), [], {}

    def entry(name, kind, start, size, child=NONE, right=NONE):
        u = name.encode("utf-16le") + b"\0\0"
        return struct.pack("<64sHBBIII16sIQQIQ", u, len(u), kind, 1, NONE, right, child, b"", 0, 0, 0, start, size)

    def add_all(level):
        """Entries of one storage, each the right sibling of the one before; returns the first."""
        right = NONE
        for name, content in reversed(list(level.items())):
            if isinstance(content, dict):
                e = entry(name, 1, 0, 0, child=add_all(content), right=right)
            else:
                place = small if mini and len(content) < 4096 else sectors
                e = entry(name, 2, place.add(content), len(content), right=right)
            entries.append(e)
            right = len(entries)
        return right

    for path, content in streams:
        *storages, name = path.split("/")
        level = tree
        for storage in storages:
            level = level.setdefault(storage, {})
        level[name] = content if mini else content.ljust(4096, b"\0")
    first = add_all(tree)
    mini_at, mini_table_at = sectors.add(small.data), sectors.add(struct.pack("<%dI" % len(small.table), *small.table))
    mini_tables = -(-len(small.table) * 4 // 512)
    directory = entry("Root Entry", 5, mini_at, len(small.data), child=first) + b"".join(entries)
    directory_at = sectors.add(directory)
    fat_at = len(sectors.table)
    sectors.table.append(0xFFFFFFFD)
    table = struct.pack("<%dI" % len(sectors.table), *sectors.table).ljust(512, b"\xff")
    assert len(table) == 512
    header = struct.pack("<8s16sHHHHH6sIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, 1,
                         directory_at, 0, 4096, mini_table_at, mini_tables, END, 0) + struct.pack("<I", fat_at).ljust(436, b"\xff")
    return header + sectors.data + table
