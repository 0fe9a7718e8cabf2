/*
 * boot.S: the boot sector. The BIOS loads it to 0000:7C00 and jumps there with the drive's number in DL.
 *
 * It reads the program, which stands in the reserved sectors behind this one, to 1000:0000 and jumps to it. The disk
 * is a FAT12 floppy with an empty root directory, so that DOS and mtools can look at it; make_image.c fills in the
 * number of reserved sectors. Documents: INT 13h of the IBM BIOS reference, the FAT12 layout in ECMA-107.
 * Left out: other formats than 1.44 MB, drives that need more than three tries.
 */
        .code16
        .text
        .globl _start
_start:
        jmp     begin
        nop
oem:            .ascii "DOPPEL  "
        .word   512             # bytes per sector
        .byte   1               # sectors per cluster
reserved:
        .word   1               # sectors before the first FAT: this one and the program
        .byte   2               # FATs
        .word   224             # entries in the root directory
        .word   2880            # sectors
        .byte   0xF0            # medium: 3.5 inch floppy
        .word   9               # sectors per FAT
per_track:
        .word   18
heads:
        .word   2
        .long   0, 0            # hidden sectors, sectors if more than 65535
        .byte   0, 0, 0x29      # drive, nothing, and: the three fields that follow are there
        .long   0x50504F44      # serial number
        .ascii  "DOPPEL DEMO"
        .ascii  "FAT12   "

begin:
        cli
        xorw    %ax, %ax
        movw    %ax, %ds
        movw    %ax, %ss
        movw    $0x7C00, %sp
        sti
        cld
        ljmpw   $0, $1f         # some BIOSes come here as 07C0:0000
1:      movb    %dl, drive
        movw    $0x1000, %ax
        movw    %ax, %es
        xorw    %bx, %bx        # ES:BX is where the next sector goes
        movw    $1, %si         # SI is the next sector, counted from 0 on the whole disk

next:   movw    reserved, %di
        subw    %si, %di        # DI sectors are still to come
        jz      done

        movw    %si, %ax        # track = SI / 18, sector = SI % 18; cylinder = track / 2, head = track % 2
        xorw    %dx, %dx
        divw    per_track
        movw    per_track, %bp
        subw    %dx, %bp        # BP: as many as the track still has ...
        cmpw    %di, %bp
        jbe     2f
        movw    %di, %bp        # ... but not more than are wanted
2:      movb    %dl, %cl
        incb    %cl             # sectors count from 1
        shrw    %ax             # now AX is the cylinder and CF the head
        movb    %al, %ch
        movb    $0, %dh
        adcb    $0, %dh
        movb    drive, %dl

        movw    $3, %di         # tries: a motor may still be coming up to speed
3:      movw    %bp, %ax
        movb    $0x02, %ah      # INT 13h AH=02h: read AL sectors at CH, DH, CL from drive DL to ES:BX
        pushw   %di
        int     $0x13
        popw    %di
        jnc     4f
        xorw    %ax, %ax        # AH=00h: reset the drive, try again
        int     $0x13
        decw    %di
        jnz     3b
        jmp     failed

4:      addw    %bp, %si
        shlw    $9, %bp
        addw    %bp, %bx
        jmp     next

done:   movb    drive, %dl
        ljmpw   $0x1000, $0

failed: movw    $message, %si
5:      lodsb
        testb   %al, %al
        jz      6f
        movb    $0x0E, %ah      # INT 10h AH=0Eh: write a character as a terminal would
        movw    $7, %bx
        int     $0x10
        jmp     5b
6:      hlt
        jmp     6b

drive:  .byte   0
message:
        .asciz  "\r\nThe demonstration disk could not be read.\r\n"

        .org    510
        .word   0xAA55
        .section .note.GNU-stack, "", @progbits
