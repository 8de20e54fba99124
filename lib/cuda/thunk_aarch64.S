/* SPDX-License-Identifier: Apache-2.0 */
/* The wrappers, dlsym and dlvsym for aarch64; see thunk_x86_64.S.  x8, the place of a large result, is not kept: no watched
 * function returns one.  */

/* struct mv_call: cuda/hook.h, checked in watch.c.  */
#define CALL_BYTES 192
#define CALL_RESULT 64
#define CALL_STACK_ARGS 72
#define CALL_CALLER 80

	.text

	.globl	mv_hook_return
	.hidden	mv_hook_return
	.hidden	mv_hook_straight
	.type	call_through, %function
	.p2align 4
call_through:				/* w16: row */
	.cfi_startproc
	.cfi_personality 0x1b, mv_hook_unwound
	adrp	x17, mv_hook_straight
	add	x17, x17, #:lo12:mv_hook_straight
	ldr	x17, [x17, w16, uxtw #3]
	cbnz	x17, 4f
	stp	x29, x30, [sp, #-16]!
	.cfi_def_cfa_offset 16
	.cfi_offset 29, -16
	.cfi_offset 30, -8
	mov	x29, sp
	.cfi_def_cfa_register 29
	sub	sp, sp, #CALL_BYTES
	stp	x0, x1, [sp, #0]
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	add	x9, x29, #16
	str	x9, [sp, #CALL_STACK_ARGS]
	str	x30, [sp, #CALL_CALLER]
	mov	x0, sp
	mov	w1, w16
	bl	mv_hook_enter		/* x0: real function, x1: bytes of arguments on the stack */
	cbz	x0, 1f
	mov	x16, x0
	add	x9, x1, #15
	and	x9, x9, #-16
	sub	sp, sp, x9
	add	x10, x29, #16
	mov	x11, sp
2:	cbz	x1, 3f
	ldr	x12, [x10], #8
	str	x12, [x11], #8
	sub	x1, x1, #8
	b	2b
3:	sub	x9, x29, #CALL_BYTES
	ldp	x0, x1, [x9, #0]
	ldp	x2, x3, [x9, #16]
	ldp	x4, x5, [x9, #32]
	ldp	x6, x7, [x9, #48]
	blr	x16
mv_hook_return:
	sub	x9, x29, #CALL_BYTES
	mov	sp, x9
	str	x0, [sp, #CALL_RESULT]
	mov	x0, sp
	bl	mv_hook_leave
1:	sub	x9, x29, #CALL_BYTES
	ldr	x0, [x9, #CALL_RESULT]
	mov	sp, x29
	ldp	x29, x30, [sp], #16
	.cfi_def_cfa 31, 0
	.cfi_restore 29
	.cfi_restore 30
	ret
4:	br	x17
	.cfi_endproc
	.size	call_through, . - call_through

	.set	row, 0
	.macro	wrapper name
	.globl	\name
	.type	\name, %function
	.p2align 4
\name:
wrapper_\name:
	.cfi_startproc
	bti	c
	mov	w16, #row
	b	call_through
	.cfi_endproc
	.size	\name, . - \name
	.set	row, row + 1
	.endm

	.arch	armv8.5-a
#define DRIVER(symbol, ...) wrapper symbol;
#define RUNTIME(symbol, ...) wrapper symbol;
#include "cuda/hooks.def"
#undef DRIVER
#undef RUNTIME

	.macro	look_up name, next, version
	.globl	\name
	.type	\name, %function
	.p2align 4
\name:
	.cfi_startproc
	bti	c
	stp	x29, x30, [sp, #-48]!
	.cfi_def_cfa_offset 48
	.cfi_offset 29, -48
	.cfi_offset 30, -40
	stp	x0, x1, [sp, #16]
	str	x2, [sp, #32]
	.ifc	\version, none
	mov	x2, #0
	.endif
	mov	x3, x30
	bl	mv_lookup_decide
	mov	x9, x0
	ldr	x2, [sp, #32]
	ldp	x0, x1, [sp, #16]
	ldp	x29, x30, [sp], #48
	.cfi_restore 29
	.cfi_restore 30
	.cfi_def_cfa_offset 0
	cbz	x9, 1f			/* MV_LOOKUP_PASS */
	mov	x0, x9
	cmn	x9, #1			/* MV_LOOKUP_NONE */
	b.ne	2f
	mov	x0, #0
2:	ret
1:	adrp	x16, \next
	ldr	x16, [x16, #:lo12:\next]
	cbz	x16, 3f			/* a program without libdl, before that became part of libc */
	br	x16
3:	mov	x0, #0
	ret
	.cfi_endproc
	.size	\name, . - \name
	.endm

	look_up	dlsym, mv_lookup_next, none
	look_up	dlvsym, mv_lookup_next_version, third

	.section .data.rel.ro, "aw"
	.p2align 3
	.globl	mv_hook_wrappers
	.hidden	mv_hook_wrappers
	.type	mv_hook_wrappers, %object
mv_hook_wrappers:
#define DRIVER(symbol, ...) .quad wrapper_##symbol;
#define RUNTIME(symbol, ...) .quad wrapper_##symbol;
#include "cuda/hooks.def"
	.size	mv_hook_wrappers, . - mv_hook_wrappers

	.section .note.GNU-stack, "", %progbits
