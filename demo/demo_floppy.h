/* demo_floppy.h: the demonstration disk, built into the program. The image is zero behind the bytes given here. */
#ifndef DEMO_FLOPPY_H
#define DEMO_FLOPPY_H

extern const unsigned char demo_floppy[];
extern const unsigned long demo_floppy_bytes;       /* of the array */
extern const unsigned long demo_floppy_image_bytes; /* of the whole floppy: 1,474,560 */

#endif
