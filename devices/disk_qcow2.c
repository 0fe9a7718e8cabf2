/* disk_qcow2.c - QEMU's image format: recognised, not read yet. */
#include "devices/disk_formats.h"
#include <stdio.h>

disk_t *disk_qcow2(host_file_t *file, const char *path, bool read_only, char *why, size_t why_bytes)
{
    (void)read_only;
    host_close(file);
    snprintf(why, why_bytes, "%s is a qcow2 image, which is not supported; convert it: qemu-img convert -O raw %s NEW.img", path, path);
    return NULL;
}
