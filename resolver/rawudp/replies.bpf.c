/* SPDX-License-Identifier: Apache-2.0
 *
 * Where datagrams of upstream servers go, at the look-up of a socket (Linux 5.9). The kernel asks for those for which it
 * has found no connected socket, so that connected sockets of other programs keep their replies.
 *
 * The owner of the local port decides: a worker whose query has left from it, another program, or none. What comes to a
 * port without an owner goes to a socket as well: an ICMP error of the kernel would show which ports have no query
 * under way, to those who forge the address of a server.
 */
#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/types.h>

#include <bpf/bpf_endian.h>

#include "resolver/base/bpf_program.h"

#define PORT_MIN 1024 /* as in ports.h, like the owners */
#define NONE 0
#define ANOTHER_PROGRAM 1
#define FAMILY_IPV4 2 /* AF_INET */

/* The functions of the kernel, by their numbers; each compiler has its own way to name them. */
#ifdef __clang__
static void *(*const lookup)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static long (*const assign)(struct bpf_sk_lookup *context, struct bpf_sock *socket, __u64 flags) = (void *)BPF_FUNC_sk_assign;
static long (*const release)(struct bpf_sock *socket) = (void *)BPF_FUNC_sk_release;
#else
void *lookup(void *map, const void *key) __attribute__((kernel_helper(BPF_FUNC_map_lookup_elem)));
long assign(struct bpf_sk_lookup *context, struct bpf_sock *socket, __u64 flags)
    __attribute__((kernel_helper(BPF_FUNC_sk_assign)));
long release(struct bpf_sock *socket) __attribute__((kernel_helper(BPF_FUNC_sk_release)));
#endif

/* An upstream server. IPv4 addresses are in the mapped form. */
struct server {
    __be32 address[4];
    __be16 port;
    __u16 zero;
};

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 4096);
    __type(key, struct server);
    __type(value, __u8);
} servers SEC(".maps");

/* The owners of eight ports in each element, a byte for each. The daemon writes them without a system call. */
struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 65536 / 8);
    __uint(map_flags, BPF_F_MMAPABLE);
    __type(key, __u32);
    __type(value, __u64);
} owners SEC(".maps");

/* Two for each owner, IPv4 and IPv6: those for ports without an owner first, then those of the workers. */
struct {
    __uint(type, BPF_MAP_TYPE_SOCKMAP);
    __uint(max_entries, 2); /* set by the loader */
    __type(key, __u32);
    __type(value, __u64);
} sockets SEC(".maps");

static __always_inline __u32 owner_of(__u32 port)
{
    __u32 key = port >> 3;
    __u32 place = port & 7;
    const __u64 *eight = lookup(&owners, &key);

    if (!eight)
        return ANOTHER_PROGRAM;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    place = 7 - place;
#endif
    return *(const volatile __u64 *)eight >> (place * 8) & 0xff;
}

/* All fields are read, those of the other family are zero: the kernel takes no pointer that may be to one or the other. */
static __always_inline void read_remote(const volatile struct bpf_sk_lookup *context, struct server *from)
{
    const __be32 ip4 = context->remote_ip4;
    const __be32 ip6[4] = {context->remote_ip6[0], context->remote_ip6[1], context->remote_ip6[2], context->remote_ip6[3]};
    const int is_ip4 = context->family == FAMILY_IPV4;

    from->address[0] = ip6[0];
    from->address[1] = ip6[1];
    from->address[2] = is_ip4 ? bpf_htonl(0xffff) : ip6[2];
    from->address[3] = is_ip4 ? ip4 : ip6[3];
    from->port = context->remote_port;
}

SEC("sk_lookup")
int take_replies(struct bpf_sk_lookup *context)
{
    struct server from = {};
    struct bpf_sock *socket;
    __u32 owner, key;

    if (context->protocol != IPPROTO_UDP || context->local_port < PORT_MIN)
        return SK_PASS;
    read_remote(context, &from);
    if (!lookup(&servers, &from))
        return SK_PASS;
    owner = owner_of(context->local_port);
    /* Of two daemons in one network each has a program; the other one may have a query under way from this port. */
    if (owner == ANOTHER_PROGRAM || (owner == NONE && context->sk))
        return SK_PASS;
    key = 2 * (owner ? owner - ANOTHER_PROGRAM : 0) + (context->family != FAMILY_IPV4);
    socket = lookup(&sockets, &key);
    if (!socket)
        return SK_PASS;
    assign(context, socket, BPF_SK_LOOKUP_F_REPLACE);
    release(socket);
    return SK_PASS;
}

char replies_license[] SEC("license") = "Apache-2.0";
