#include "extract/document.h"

#include "extract/ole.h"
#include "extract/text_mail.h"
#include "extract/text_ole.h"
#include "extract/text_pdf.h"
#include "extract/text_png.h"
#include "extract/text_rtf.h"
#include "extract/text_sheet.h"
#include "extract/text_xml.h"

#include <string.h>

static const struct {
	const char *type;                             /* libclamav's, or NULL: any */
	bool (*is)(const char *data, size_t size);    /* NULL: the type says it */
	bool sure;
	document_fn *read;
} readers[] = {
	{ NULL, text_pdf_is, true, text_pdf_read },
	{ NULL, text_pdf_may_be, false, text_pdf_read },
	{ NULL, text_rtf_is, true, text_rtf_read },
	{ NULL, ole_is, true, text_ole_read },
	{ NULL, text_png_is, true, text_png_read },
	{ "CL_TYPE_MAIL", NULL, true, text_mail_read },
	{ NULL, text_sheet_is, true, text_sheet_read },
	{ NULL, text_xml_may_be, false, text_xml_read },
};

document_fn *document_reader(const char *type, const char *data, size_t size, bool *sure_r)
{
	for (size_t i = 0; i < sizeof readers / sizeof *readers; i++)
		if ((!readers[i].type || strcmp(readers[i].type, type) == 0) && (!readers[i].is || readers[i].is(data, size))) {
			*sure_r = readers[i].sure;
			return readers[i].read;
		}
	return NULL;
}

int document_init(void)
{
	ole_init();
	return text_pdf_init();
}
