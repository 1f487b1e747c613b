#include "detect/mapped.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

int mapped_open(const struct bundle *b, const struct mapped_for *f, struct mapped *m_r, struct cfgerr *err)
{
	const struct bundle_file *index = bundle_find(b, BUNDLE_INDEX, f->path);
	struct stat st;
	if (!index)
		return cfgerr_set(err, f->file, f->line, "there is no %s \"%.200s\"; %s makes it", f->what, f->path, f->made_by);
	if (fstat(index->fd, &st) < 0 || st.st_size <= 0)
		return cfgerr_set(err, f->file, f->line, "the %s \"%.200s\" is empty or can't be read", f->what, f->path);
	void *map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, index->fd, 0);
	if (map == MAP_FAILED)
		return cfgerr_set(err, f->file, f->line, "the %s \"%.200s\" can't be mapped: %s", f->what, f->path, strerror(errno));
	*m_r = (struct mapped){ map, (size_t)st.st_size };
	return 0;
}

void mapped_close(struct mapped *m)
{
	if (m->data)
		munmap(m->data, m->size);
	*m = (struct mapped){ 0 };
}
