"""OLE2 files for the writers of test files beside it."""
import struct


def compound(streams):
    """A minimal OLE2 file [MS-CFB]: version 3, one FAT sector, no mini streams (each stream is padded to 4096)."""
    sector, data, fat, entries = 512, b"", [], []

    def add(content):
        nonlocal data
        start, n = len(fat), (len(content) + sector - 1) // sector
        data += content.ljust(n * sector, b"\0")
        fat.extend(list(range(start + 1, start + n)) + [0xFFFFFFFE])
        return start

    def entry(name, kind, start, size, child=0xFFFFFFFF, right=0xFFFFFFFF):
        u = name.encode("utf-16le") + b"\0\0"
        return struct.pack("<64sHBBIII16sIQQIQ", u, len(u), kind, 1, 0xFFFFFFFF, right, child, b"", 0, 0, 0, start, size)

    for i, (name, content) in enumerate(streams):
        content = content.ljust(4096, b"\0")
        right = i + 2 if i + 1 < len(streams) else 0xFFFFFFFF
        entries.append(entry(name, 2, add(content), len(content), right=right))
    directory = entry("Root Entry", 5, 0xFFFFFFFE, 0, child=1) + b"".join(entries)
    directory_at = add(directory.ljust(-(-len(directory) // 512) * 512, b"\0"))
    fat_at = len(fat)
    fat.append(0xFFFFFFFD)
    table = struct.pack("<%dI" % len(fat), *fat).ljust(sector, b"\xff")
    header = struct.pack("<8s16sHHHHH6sIIIIIIIII", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, 1,
                         directory_at, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + struct.pack("<I", fat_at).ljust(436, b"\xff")
    return header + data + table
