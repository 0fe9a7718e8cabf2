/* enter.S - from an interrupt into C and back.  Included by both ROMs.
 *
 * SERVICE name, function    makes `name` an interrupt entry that calls `function(regs_t *)`.
 *
 * DOS and its programs give little stack (MS-DOS: STACKS=9,128), C with 32-bit registers likes some.
 * So the EBDA holds a few stacks ("levels", bda.h) and a bit mask of the free ones.  An entry takes
 * any free level, and gives it back when it leaves.  A mask and not a depth, because a multitasker
 * may leave in another order than it entered.  If no level is free, or no EBDA is ours (the video
 * ROM under a foreign BIOS), the work is done on the caller's stack: C only needs DS = ES = SS. */

#include "layout.h"

        .macro SERVICE name, function
        .globl \name
\name:  pushw   $\function
        jmp     enter
        .endm

/* What is pushed on the caller's stack, from the top (offsets from SP). */
#define C_DS 0
#define C_ESI 2
#define C_ECX 6
#define C_EBX 10
#define C_EAX 14
#define C_HANDLER 18
#define C_FLAGS 24

        .text
        .globl  enter
enter:  cli
        pushl   %eax
        pushl   %ebx
        pushl   %ecx
        pushl   %esi
        pushw   %ds
        movl    %esp, %ebx              /* all 32 bits: the caller's high half may be anything */
        movzwl  %sp, %esi
        movw    %ss, %cx
        movw    $0x40, %ax
        movw    %ax, %ds
        movw    BDA_EBDA_SEGMENT, %ax
        movw    %ax, %ds
        movw    $-1, %ax
        cmpl    $EBDA_MAGIC, EBDA_MAGIC_AT
        jne     1f
        bsfw    EBDA_FREE_LEVELS, %ax
        jz      2f
        cwtl                            /* EAX = level, below 16 */
        btrw    %ax, EBDA_FREE_LEVELS
        pushw   %ds
        popw    %ss
        movzwl  %cs:level_tops(,%eax,2), %esp
        jmp     1f
2:      movw    $-1, %ax
1:      movw    %cx, %ds                /* now build regs_t (abi.h), last member first */
        pushw   %ax
        pushw   %cx
        pushw   C_FLAGS(%esi)
        pushw   C_HANDLER(%esi)
        pushl   C_EAX(%esi)
        pushl   C_ECX(%esi)
        pushl   %edx
        pushl   C_EBX(%esi)
        pushl   %ebx
        pushl   %ebp
        pushl   C_ESI(%esi)
        pushl   %edi
        pushw   C_DS(%esi)
        pushw   %es
        pushw   %fs
        pushw   %gs
        movzwl  %sp, %esp
        movw    %cs, %ax
        movw    %ax, %gs
        movw    %ss, %ax
        movw    %ax, %ds
        movw    %ax, %es
        cld
        movl    %esp, %eax
        movzwl  R_HANDLER(%esp), %edx
        calll   *%edx

        cli
        movl    R_ESP(%esp), %ebx
        movzwl  %bx, %esi
        movw    R_SS(%esp), %ds
        movw    R_FLAGS(%esp), %ax      /* results go into the images on the caller's stack */
        movw    %ax, C_FLAGS(%esi)
        movl    R_EAX(%esp), %eax
        movl    %eax, C_EAX(%esi)
        movl    R_EBX(%esp), %eax
        movl    %eax, C_EBX(%esi)
        movl    R_ECX(%esp), %eax
        movl    %eax, C_ECX(%esi)
        movl    R_ESI(%esp), %eax
        movl    %eax, C_ESI(%esi)
        movw    R_DS(%esp), %ax
        movw    %ax, C_DS(%esi)
        movl    R_EDX(%esp), %edx
        movl    R_EBP(%esp), %ebp
        movl    R_EDI(%esp), %edi
        movw    R_GS(%esp), %gs
        movw    R_FS(%esp), %fs
        movw    R_ES(%esp), %es
        movw    R_LEVEL(%esp), %ax
        testw   %ax, %ax
        js      3f
        btsw    %ax, %ss:EBDA_FREE_LEVELS
3:      movw    R_SS(%esp), %ss
        movl    %ebx, %esp
        popw    %ds
        popl    %esi
        popl    %ecx
        popl    %ebx
        popl    %eax
        addw    $2, %sp
        iretw

level_tops:
        .set    i, 1
        .rept   LEVELS
        .word   LEVEL_STACKS + i * LEVEL_BYTES
        .set    i, i + 1
        .endr

/* void call_interrupt(u32 vector, call_t *)  and  void call_far(u32 segment_offset, call_t *)
 * (regparm: EAX, EDX).  The called code sees the registers of call_t, FLAGS.IF as it is now for
 * call_far and 0 for an interrupt, and may destroy what it likes except SS:SP. */
        .globl  call_interrupt
call_interrupt:
        pushw   %fs
        pushw   $0
        popw    %fs
        movl    %fs:(,%eax,4), %eax
        popw    %fs
        pushfw                          /* popped by the handler's IRET */
        popw    %cx
        pushal
        pushw   %fs
        pushw   %gs
        pushl   %edx
        pushw   %cx
        cli
        jmp     4f

        .globl  call_far
call_far:
        pushal
        pushw   %fs
        pushw   %gs
        pushl   %edx
4:      pushw   %cs
        pushw   $5f
        pushl   %eax                    /* where to, for the RETF below */
        movl    %edx, %ebp
        movl    CALL_EAX(%ebp), %eax
        movl    CALL_EBX(%ebp), %ebx
        movl    CALL_ECX(%ebp), %ecx
        movl    CALL_EDX(%ebp), %edx
        movl    CALL_ESI(%ebp), %esi
        movl    CALL_EDI(%ebp), %edi
        movw    %ss:CALL_DS(%ebp), %ds
        movw    %ss:CALL_ES(%ebp), %es
        lretw

5:      pushfw
        pushw   %ds
        pushl   %ebp
        movzwl  %sp, %esp
        movl    8(%esp), %ebp           /* the call_t */
        movl    %eax, CALL_EAX(%ebp)
        movl    %ebx, CALL_EBX(%ebp)
        movl    %ecx, CALL_ECX(%ebp)
        movl    %edx, CALL_EDX(%ebp)
        movl    %esi, CALL_ESI(%ebp)
        movl    %edi, CALL_EDI(%ebp)
        movw    %es, CALL_ES(%ebp)
        popl    %eax
        popw    %ss:CALL_DS(%ebp)
        popw    %ss:CALL_FLAGS(%ebp)
        popl    %edx
        popw    %gs
        popw    %fs
        movw    %ss, %ax
        movw    %ax, %ds
        movw    %ax, %es
        cld
        popal
        retl

/* ---- string operations on far memory (regparm: EAX, EDX, ECX, then the stack) ---- */

        .globl  far_copy8               /* (to_segment, to, from_segment, from, count) */
far_copy8:
        pushl   %esi
        pushl   %edi
        movl    12(%esp), %esi
        movl    %edx, %edi
        movl    16(%esp), %edx
        movw    %cx, %ds
        movw    %ax, %es
        movl    %edx, %ecx
        rep movsb (%si), %es:(%di)
        jmp     6f

        .globl  far_fill8               /* (segment, offset, value, count) */
far_fill8:
        pushl   %esi
        pushl   %edi
        movw    %ax, %es
        movl    %edx, %edi
        movl    %ecx, %eax
        movl    12(%esp), %ecx
        rep stosb %al, %es:(%di)
        jmp     7f

        .globl  far_fill16
far_fill16:
        pushl   %esi
        pushl   %edi
        movw    %ax, %es
        movl    %edx, %edi
        movl    %ecx, %eax
        movl    12(%esp), %ecx
        rep stosw %ax, %es:(%di)
        jmp     7f
6:      movw    %ss, %ax
        movw    %ax, %ds
7:      movw    %ss, %ax
        movw    %ax, %es
        popl    %edi
        popl    %esi
        retl    

/* What compilers call by themselves. */
        .globl  memset                  /* (to, value, bytes) */
memset: pushl   %edi
        pushl   %eax
        movl    %eax, %edi
        movl    %edx, %eax
        rep stosb %al, %es:(%edi)
        popl    %eax
        popl    %edi
        retl

        .globl  memcpy                  /* (to, from, bytes) */
memcpy: pushl   %esi
        pushl   %edi
        pushl   %eax
        movl    %eax, %edi
        movl    %edx, %esi
        rep movsb (%esi), %es:(%edi)
        popl    %eax
        popl    %edi
        popl    %esi
        retl
