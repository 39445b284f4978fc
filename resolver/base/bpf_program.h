/* SPDX-License-Identifier: Apache-2.0
 *
 * How programs for the kernel (*.bpf.c) declare their sections and maps, as libbpf reads them. Its own header for that
 * (bpf_helpers.h) declares the functions of the kernel too, so that bpf-gcc makes indirect calls of some, which the
 * kernel does not take.
 *
 * Threads:  none; macros.
 * Memory:   none.
 * Failure:  none.
 */
#pragma once

#define SEC(name) __attribute__((section(name), used))
#define __uint(name, value) int(*name)[value]
#define __type(name, value) __typeof__(value)* name
#ifndef __always_inline
#define __always_inline inline __attribute__((always_inline))
#endif
