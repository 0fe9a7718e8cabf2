/* bios_rom.h - the firmware as bytes: 128 KiB, to stand at E0000h-FFFFFh (and below 4 GiB). */
#pragma once
extern const unsigned char bios_rom[131072];
extern const unsigned long bios_rom_bytes;
