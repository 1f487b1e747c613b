#include "extract/filetype.h"

#include <string.h>

#define EXECUTABLE "application/vnd.microsoft.portable-executable"
#define OFFICE "application/vnd.openxmlformats-officedocument."

/* The same media type may stand in several rows. */
static const struct { const char *type, *media; } rows[] = {
	{ "CL_TYPE_BINARY_DATA", "application/octet-stream" },
	{ "CL_TYPE_TEXT_ASCII", "text/plain" }, { "CL_TYPE_TEXT_UTF8", "text/plain" }, { "CL_TYPE_TEXT_UTF16LE", "text/plain" },
	{ "CL_TYPE_TEXT_UTF16BE", "text/plain" }, { "CL_TYPE_SCRIPT", "text/plain" },
	{ "CL_TYPE_HTML", "text/html" }, { "CL_TYPE_HTML_UTF16", "text/html" }, { "CL_TYPE_MHTML", "multipart/related" },
	{ "CL_TYPE_MAIL", "message/rfc822" }, { "CL_TYPE_TNEF", "application/vnd.ms-tnef" },
	{ "CL_TYPE_PDF", "application/pdf" }, { "CL_TYPE_PS", "application/postscript" }, { "CL_TYPE_RTF", "application/rtf" },
	{ "CL_TYPE_XDP", "application/vnd.adobe.xdp+xml" },
	{ "CL_TYPE_MSOLE2", "application/x-ole-storage" }, { "CL_TYPE_MSWORD", "application/msword" },
	{ "CL_TYPE_MSXL", "application/vnd.ms-excel" }, { "CL_TYPE_MSPPT", "application/vnd.ms-powerpoint" },
	{ "CL_TYPE_OOXML_WORD", OFFICE "wordprocessingml.document" }, { "CL_TYPE_OOXML_XL", OFFICE "spreadsheetml.sheet" },
	{ "CL_TYPE_OOXML_PPT", OFFICE "presentationml.presentation" },
	{ "CL_TYPE_XML_WORD", "application/msword" }, { "CL_TYPE_XML_XL", "application/vnd.ms-excel" },
	{ "CL_TYPE_HWP3", "application/x-hwp" }, { "CL_TYPE_HWP5", "application/x-hwp" }, { "CL_TYPE_HWPOLE2", "application/x-hwp" },
	{ "CL_TYPE_XML_HWP", "application/x-hwp" }, { "CL_TYPE_OOXML_HWP", "application/haansofthwpx" },
	{ "CL_TYPE_ONENOTE", "application/onenote" }, { "CL_TYPE_MSCHM", "application/vnd.ms-htmlhelp" },
	{ "CL_TYPE_MSEXE", EXECUTABLE }, { "CL_TYPE_ZIPSFX", EXECUTABLE }, { "CL_TYPE_RARSFX", EXECUTABLE }, { "CL_TYPE_7ZSFX", EXECUTABLE },
	{ "CL_TYPE_CABSFX", EXECUTABLE }, { "CL_TYPE_ARJSFX", EXECUTABLE }, { "CL_TYPE_EGGSFX", EXECUTABLE }, { "CL_TYPE_NULSFT", EXECUTABLE },
	{ "CL_TYPE_AUTOIT", EXECUTABLE },
	{ "CL_TYPE_ELF", "application/x-executable" }, { "CL_TYPE_MACHO", "application/x-mach-binary" },
	{ "CL_TYPE_MACHO_UNIBIN", "application/x-mach-binary" }, { "CL_TYPE_JAVA", "application/java-vm" },
	{ "CL_TYPE_PYTHON_COMPILED", "application/x-python-code" }, { "CL_TYPE_SWF", "application/vnd.adobe.flash.movie" },
	{ "CL_TYPE_LNK", "application/x-ms-shortcut" }, { "CL_TYPE_ISHIELD_MSI", "application/x-msi" }, { "CL_TYPE_SIS", "application/vnd.symbian.install" },
	{ "CL_TYPE_ZIP", "application/zip" }, { "CL_TYPE_RAR", "application/vnd.rar" }, { "CL_TYPE_7Z", "application/x-7z-compressed" },
	{ "CL_TYPE_GZ", "application/gzip" }, { "CL_TYPE_BZ", "application/x-bzip2" }, { "CL_TYPE_XZ", "application/x-xz" },
	{ "CL_TYPE_POSIX_TAR", "application/x-tar" }, { "CL_TYPE_OLD_TAR", "application/x-tar" }, { "CL_TYPE_ARJ", "application/x-arj" },
	{ "CL_TYPE_LHA_LZH", "application/x-lzh-compressed" }, { "CL_TYPE_ALZ", "application/x-alz" }, { "CL_TYPE_EGG", "application/x-egg" },
	{ "CL_TYPE_MSCAB", "application/vnd.ms-cab-compressed" }, { "CL_TYPE_MSSZDD", "application/x-ms-compress-szdd" }, { "CL_TYPE_XAR", "application/x-xar" },
	{ "CL_TYPE_CPIO_OLD", "application/x-cpio" }, { "CL_TYPE_CPIO_ODC", "application/x-cpio" }, { "CL_TYPE_CPIO_NEWC", "application/x-cpio" },
	{ "CL_TYPE_CPIO_CRC", "application/x-cpio" }, { "CL_TYPE_ISO9660", "application/x-iso9660-image" }, { "CL_TYPE_UDF", "application/x-iso9660-image" },
	{ "CL_TYPE_DMG", "application/x-apple-diskimage" }, { "CL_TYPE_MBR", "application/x-raw-disk-image" }, { "CL_TYPE_GPT", "application/x-raw-disk-image" },
	{ "CL_TYPE_APM", "application/x-raw-disk-image" },
	{ "CL_TYPE_GIF", "image/gif" }, { "CL_TYPE_PNG", "image/png" }, { "CL_TYPE_JPEG", "image/jpeg" }, { "CL_TYPE_TIFF", "image/tiff" },
	{ "CL_TYPE_GRAPHICS", "image/x-unknown" }, { "CL_TYPE_RIFF", "application/x-riff" },
	{ "CL_TYPE_BINHEX", "application/mac-binhex40" }, { "CL_TYPE_UUENCODED", "text/x-uuencode" }, { "CL_TYPE_CRYPTFF", "application/x-cryptff" },
	{ "CL_TYPE_SCRENC", "application/x-encoded-script" },
	/* what libclamav has no name for (archive.h) */
	{ "zstd", "application/zstd" }, { "lz4", "application/x-lz4" }, { "lzip", "application/lzip" }, { "compress", "application/x-compress" },
	{ "lzma", "application/x-lzma" }, { "ar", "application/x-archive" }, { "rpm", "application/x-rpm" }, { "ace", "application/x-ace-compressed" },
	{ "lrzip", "application/x-lrzip" }, { "lzop", "application/x-lzop" }, { "zpaq", "application/x-zpaq" }, { "stuffit", "application/x-stuffit" },
	{ "freearc", "application/x-freearc" }, { "zoo", "application/x-zoo" }, { "wim", "application/x-ms-wim" },
};
enum { ROWS = sizeof rows / sizeof *rows };
_Static_assert(ROWS <= 128, "a bit for each row");

static unsigned row_of(const char *type)
{
	for (unsigned i = 0; i < ROWS; i++)
		if (strcmp(rows[i].type, type) == 0)
			return i + 1;
	return 0;
}

void filetype_add(struct filetypes *t, const char *type, bool whole)
{
	unsigned row = row_of(type);
	if (whole && (t->whole == 0 || row > 1))
		t->whole = row ? row : 1;
	if (row)
		t->seen[(row - 1) / 64] |= UINT64_C(1) << (row - 1) % 64;
}

static bool is_listed(const char *list, const char *media)
{
	size_t n = strlen(media);
	for (const char *p = list; (p = strstr(p, media)); p += n)
		if ((p == list || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

void filetype_list(const struct filetypes *t, char *dst)
{
	char *end = dst;
	*dst = '\0';
	if (t->whole)
		end = stpcpy(end, rows[t->whole - 1].media);
	for (unsigned i = 0; i < ROWS; i++) {
		size_t n = strlen(rows[i].media);
		if (!(t->seen[i / 64] >> i % 64 & 1) || is_listed(dst, rows[i].media) || (size_t)(end - dst) + n + 2 > FILETYPE_LIST_MAX)
			continue;
		if (end > dst)
			*end++ = ' ';
		end = stpcpy(end, rows[i].media);
	}
}
