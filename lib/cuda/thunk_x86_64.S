/* SPDX-License-Identifier: Apache-2.0 */
/* The wrappers, dlsym and dlvsym for x86-64.  A wrapper keeps the program's arguments, asks mv_hook_enter for the real function,
 * calls it with exactly what it was given, and tells mv_hook_leave what came back.  Registers with floating-point
 * arguments are not kept: no watched function has any.  Exceptions may pass: there is unwind information throughout.  */

/* struct mv_call: cuda/hook.h, checked in watch.c.  */
#define CALL_BYTES 192
#define CALL_RESULT 64
#define CALL_STACK_ARGS 72
#define CALL_CALLER 80

	.text

	.globl	mv_hook_return
	.hidden	mv_hook_return
	.hidden	mv_hook_straight
	.type	call_through, @function
	.p2align 4
call_through:				/* eax: row */
	.cfi_startproc
	.cfi_personality 0x1b, mv_hook_unwound
	leaq	mv_hook_straight(%rip), %r11
	movq	(%r11,%rax,8), %r11
	testq	%r11, %r11
	jnz	2f
	pushq	%rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	movq	%rsp, %rbp
	.cfi_def_cfa_register %rbp
	subq	$CALL_BYTES, %rsp
	movq	%rdi, 0(%rsp)
	movq	%rsi, 8(%rsp)
	movq	%rdx, 16(%rsp)
	movq	%rcx, 24(%rsp)
	movq	%r8, 32(%rsp)
	movq	%r9, 40(%rsp)
	leaq	16(%rbp), %rcx
	movq	%rcx, CALL_STACK_ARGS(%rsp)
	movq	8(%rbp), %rcx
	movq	%rcx, CALL_CALLER(%rsp)
	movq	%rsp, %rdi
	movl	%eax, %esi
	call	mv_hook_enter		/* rax: real function, rdx: bytes of arguments on the stack */
	testq	%rax, %rax
	jz	1f
	leaq	15(%rdx), %rcx
	andq	$-16, %rcx
	subq	%rcx, %rsp
	movq	%rdx, %rcx
	shrq	$3, %rcx
	leaq	16(%rbp), %rsi
	movq	%rsp, %rdi
	rep movsq
	movq	%rax, %r11
	movq	-CALL_BYTES+0(%rbp), %rdi
	movq	-CALL_BYTES+8(%rbp), %rsi
	movq	-CALL_BYTES+16(%rbp), %rdx
	movq	-CALL_BYTES+24(%rbp), %rcx
	movq	-CALL_BYTES+32(%rbp), %r8
	movq	-CALL_BYTES+40(%rbp), %r9
	xorl	%eax, %eax
	call	*%r11
mv_hook_return:
	leaq	-CALL_BYTES(%rbp), %rsp
	movq	%rax, CALL_RESULT(%rsp)
	movq	%rsp, %rdi
	call	mv_hook_leave
1:	movq	-CALL_BYTES+CALL_RESULT(%rbp), %rax
	leave
	.cfi_def_cfa %rsp, 8
	.cfi_restore %rbp
	ret
2:	xorl	%eax, %eax
	jmp	*%r11
	.cfi_endproc
	.size	call_through, . - call_through

	.set	row, 0
	.macro	wrapper name
	.globl	\name
	.type	\name, @function
	.p2align 4
\name:
wrapper_\name:
	.cfi_startproc
	endbr64
	movl	$row, %eax
	jmp	call_through
	.cfi_endproc
	.size	\name, . - \name
	.set	row, row + 1
	.endm

#define DRIVER(symbol, ...) wrapper symbol;
#define RUNTIME(symbol, ...) wrapper symbol;
#include "cuda/hooks.def"
#undef DRIVER
#undef RUNTIME

/* void *dlsym(void *handle, const char *name) and void *dlvsym(void *handle, const char *name, const char *version): who
 * called decides what RTLD_NEXT and RTLD_DEFAULT mean, so what we have no answer of our own to is a jump, with the program's
 * return address in its place.  */
	.macro	look_up name, next, version
	.globl	\name
	.type	\name, @function
	.p2align 4
\name:
	.cfi_startproc
	endbr64
	pushq	%rdi
	.cfi_adjust_cfa_offset 8
	pushq	%rsi
	.cfi_adjust_cfa_offset 8
	pushq	%rdx
	.cfi_adjust_cfa_offset 8
	.ifc	\version, none
	xorl	%edx, %edx
	.endif
	movq	24(%rsp), %rcx
	call	mv_lookup_decide
	popq	%rdx
	.cfi_adjust_cfa_offset -8
	popq	%rsi
	.cfi_adjust_cfa_offset -8
	popq	%rdi
	.cfi_adjust_cfa_offset -8
	testq	%rax, %rax		/* MV_LOOKUP_PASS */
	jz	1f
	cmpq	$-1, %rax		/* MV_LOOKUP_NONE */
	jne	2f
	xorl	%eax, %eax
2:	ret
1:	movq	\next(%rip), %rax
	testq	%rax, %rax		/* a program without libdl, before that became part of libc */
	jz	2b
	jmp	*%rax
	.cfi_endproc
	.size	\name, . - \name
	.endm

	look_up	dlsym, mv_lookup_next, none
	look_up	dlvsym, mv_lookup_next_version, third

	.section .data.rel.ro, "aw"
	.p2align 3
	.globl	mv_hook_wrappers
	.hidden	mv_hook_wrappers
	.type	mv_hook_wrappers, @object
mv_hook_wrappers:
#define DRIVER(symbol, ...) .quad wrapper_##symbol;
#define RUNTIME(symbol, ...) .quad wrapper_##symbol;
#include "cuda/hooks.def"
	.size	mv_hook_wrappers, . - mv_hook_wrappers

	.section .note.GNU-stack, "", @progbits
