/* bios_rom.h - the firmware as bytes: 128 KiB, to stand at E0000h-FFFFFh (and below 4 GiB). */
#pragma once
extern const unsigned char bios_rom[131072];
extern const unsigned long bios_rom_bytes;
/* The option ROM that starts a Linux kernel (linuxboot.S), for fw_cfg's "genroms/linuxboot.bin". */
extern const unsigned char linuxboot_rom[];
extern const unsigned long linuxboot_rom_bytes;
