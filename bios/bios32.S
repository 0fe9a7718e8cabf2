/* bios32.S - the BIOS32 service directory and the 32-bit entry of the PCI BIOS.
 * "Standard BIOS 32-bit Service Directory Proposal" 0.4; PCI BIOS Specification 2.1, 3.3-3.6.  Called far from 32-bit code,
 * wherever these pages are mapped: no absolute address is used. */
        .code32
        .text
        .globl  bios32_entry
bios32_entry:                           /* EAX = service, EBX = 0: AL = 0, EBX base, ECX length, EDX entry */
        pushfl
        testl   %ebx, %ebx
        jnz     2f
        cmpl    $0x49435024, %eax       /* "$PCI" */
        jne     1f
        movl    $0xF0000, %ebx
        movl    $0x10000, %ecx
        movl    $pci32_entry, %edx
        xorb    %al, %al
        popfl
        lretl
1:      movb    $0x80, %al              /* no such service */
        popfl
        lretl
2:      movb    $0x81, %al              /* no such function of the directory */
        popfl
        lretl

pci32_entry:                            /* pci_call_t is what we push here */
        pushfl
        cli
        cld
        pushl   %ds
        pushl   %edi
        pushl   %esi
        pushl   %edx
        pushl   %ecx
        pushl   %ebx
        pushl   %eax
        movl    %esp, %eax
        pushl   %ss
        popl    %ds
        calll   pci_service32
        popl    %eax
        popl    %ebx
        popl    %ecx
        popl    %edx
        popl    %esi
        popl    %edi
        popl    %ds
        popfl
        testb   %ah, %ah
        jz      3f
        stc
        lretl
3:      clc
        lretl
