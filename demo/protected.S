/*
 * protected.S: into protected mode with paging, one access to memory, and back to real mode.
 *
 * The segments keep the bases they have in real mode, and the code stays 16-bit code: so it can run on as if nothing
 * had happened, while every one of its addresses now goes through descriptors and page tables. The first megabyte is
 * mapped to itself, or the instruction after the switch would not be found.
 *
 * Documents: Intel SDM volume 3, 9.9 (switching modes), 4.3 (32-bit paging), 6.15 (#PF); Intel 386 Programmer's
 * Reference, 10.3 and 14.4. Left out: interrupts while in protected mode (they stay off), tasks, privilege levels.
 */
#define CODE 0x08
#define DATA 0x10
#define FLAT 0x18
#define PE 0x00000001
#define PG 0x80000000

        .code16
        .text

/* void paging_visit(visit_t *visit): EBX points to it throughout; the fields' offsets stand in paging.h. */
        .globl paging_visit
paging_visit:
        pushl   %ebp
        pushl   %ebx
        pushl   %esi
        pushl   %edi
        movl    20(%esp), %ebx
        movl    $0, 20(%ebx)
        cli
        movw    %cs, real_segment
        movl    %esp, stack_before
        movl    %cr0, %eax
        movl    %eax, cr0_before
        lgdtl   gdt_pointer
        lidtl   idt_pointer

        orl     $PE, %eax
        movl    %eax, %cr0              # protected mode; CS still holds a real-mode segment
        ljmpw   $CODE, $1f              # the far jump loads a descriptor into it
1:      movw    $DATA, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        movw    $FLAT, %ax
        movw    %ax, %fs

        movl    16(%ebx), %eax
        movl    %eax, %cr3
        movl    %cr0, %eax
        orl     $PG, %eax
        orl     12(%ebx), %eax
        movl    %eax, %cr0              # paging: from here on every access may set A and D
        jmp     2f
2:      movl    %cr0, %eax
        movl    %eax, 32(%ebx)

        movl    0(%ebx), %esi
        movl    4(%ebx), %eax
        cmpl    $0, 8(%ebx)
        je      3f
        movl    %eax, %fs:(%esi)        # the access this is all about
        jmp     leave_protected
3:      movl    %fs:(%esi), %eax
        movl    %eax, 4(%ebx)

leave_protected:
        movl    cr0_before, %eax
        orl     $PE, %eax
        movl    %eax, %cr0              # no paging
        xorl    %ecx, %ecx
        movl    %ecx, %cr3              # and nothing left in the TLB
        movw    $DATA, %cx              # limits of 64 KiB, as real mode expects them
        movw    %cx, %fs
        movl    cr0_before, %eax
        movl    %eax, %cr0              # no protection
        ljmpw   *real_entry
4:      movw    %cs, %ax
        movw    %ax, %ds
        movw    %ax, %es
        movw    %ax, %ss
        lidtl   real_idt
        sti
        popl    %edi
        popl    %esi
        popl    %ebx
        popl    %ebp
        retl

/*
 * Exceptions. A 386 interrupt gate pushed EFLAGS, CS and EIP, and these exceptions an error code. We do not go back to
 * the instruction that failed but leave from here, with the stack as it was.
 */
        .globl page_fault
page_fault:
        movl    $14, 20(%ebx)
        movl    %cr2, %eax
        movl    %eax, 28(%ebx)
        jmp     5f
        .globl protection_fault
protection_fault:
        movl    $13, 20(%ebx)
        jmp     5f
        .globl double_fault
double_fault:
        movl    $8, 20(%ebx)
5:      popl    %eax
        movl    %eax, 24(%ebx)
        movl    stack_before, %esp
        jmp     leave_protected

        .data
        .balign 4
real_entry:
        .word   4b
real_segment:
        .word   0
real_idt:
        .word   0x3FF                   # real mode's vectors: 256 of 4 bytes, at 0
        .long   0

        .bss
        .balign 4
stack_before:
        .skip   4
cr0_before:
        .skip   4
        .section .note.GNU-stack, "", @progbits
