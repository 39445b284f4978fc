/* SPDX-License-Identifier: Apache-2.0
 *
 * Which frames go around the network stack: plain UDP over IPv4 or IPv6, to this interface's MAC address and to an
 * address and port of [server].listen. Everything else, and what has no socket, is passed to the kernel, whose sockets
 * are open as well. frame.cc reads the frames, and checks them again with their checksums.
 *
 * Pointers are compared, and moved by constants alone: the kernel allows more with CAP_PERFMON only, which the daemon has
 * not. The length of a frame is asked for (Linux 5.18).
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>

#include "resolver/base/bpf_program.h"

#define FRAME_MAX 1514 /* kFrameMax */

/* The functions of the kernel, by their numbers; each compiler has its own way to name them. */
#ifdef __clang__
static void *(*const lookup)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static long (*const redirect)(void *map, __u32 key, __u64 flags) = (void *)BPF_FUNC_redirect_map;
static __u64 (*const length)(struct xdp_md *context) = (void *)BPF_FUNC_xdp_get_buff_len;
#else
void *lookup(void *map, const void *key) __attribute__((kernel_helper(BPF_FUNC_map_lookup_elem)));
long redirect(void *map, __u32 key, __u64 flags) __attribute__((kernel_helper(BPF_FUNC_redirect_map)));
__u64 length(struct xdp_md *context) __attribute__((kernel_helper(BPF_FUNC_xdp_get_buff_len)));
#endif

/* An address with a port is one of [server].listen; with port 0 it is any address of this machine. IPv4 addresses are in
 * the mapped form. */
struct place {
    __u8 address[16];
    __be16 port;
    __u16 zero;
};

struct mac {
    __u16 words[3];
    __u16 zero;
};

enum { REDIRECTED, PASSED, KINDS }; /* of the counts of each queue */

struct {
    __uint(type, BPF_MAP_TYPE_XSKMAP);
    __uint(max_entries, 1); /* the number of queues, set by the loader */
    __type(key, __u32);
    __type(value, __u32);
} sockets SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 4096);
    __type(key, struct place);
    __type(value, __u8);
} places SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct mac);
} own_mac SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
    __uint(max_entries, KINDS); /* KINDS for each queue, set by the loader */
    __type(key, __u32);
    __type(value, __u64);
} counts SEC(".maps");

static __always_inline int is_own_mac(const struct ethhdr *frame)
{
    const __u32 first = 0;
    const struct mac *own = lookup(&own_mac, &first);
    const __u16 *to = (const __u16 *)frame->h_dest;

    return own && to[0] == own->words[0] && to[1] == own->words[1] && to[2] == own->words[2];
}

/* A source that the kernel takes from no network is its to refuse; link-local ones need a link for their replies. */
static __always_inline int is_client4(__u32 address)
{
    const __u32 first = address >> 24;

    return first != 0 && first != 127 && first < 224;
}

static __always_inline int is_client6(const __u8 *address)
{
    const __be32 *words = (const __be32 *)address;

    if (address[0] == 0xff || (address[0] == 0xfe && (address[1] & 0xc0) == 0x80))
        return 0;
    /* ::, ::1 and IPv4-mapped addresses */
    return words[0] || words[1] || (words[2] && words[2] != bpf_htonl(0xffff));
}

static __always_inline int is_same6(const __be32 *a, const __be32 *b)
{
    return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

static __always_inline void map_v4(struct place *place, __be32 address)
{
    place->address[10] = place->address[11] = 0xff;
    __builtin_memcpy(&place->address[12], &address, sizeof address);
}

/* Where the query is from and to, of a packet in so many bytes, and its UDP header; 0: it is not plain. */
static __always_inline struct udphdr *read_v4(void *at, void *end, __u32 bytes, struct place *from, struct place *to)
{
    const struct iphdr *ip = at;
    struct udphdr *udp = (struct udphdr *)(ip + 1);
    __u16 total;

    if ((void *)(ip + 1) > end || *(const __u8 *)at != 0x45 || ip->protocol != IPPROTO_UDP)
        return 0;
    total = bpf_ntohs(ip->tot_len);
    if ((ip->frag_off & bpf_htons(0xbfff)) || total > bytes || !is_client4(bpf_ntohl(ip->saddr)) ||
        ip->saddr == ip->daddr)
        return 0;
    map_v4(from, ip->saddr);
    map_v4(to, ip->daddr);
    if ((void *)(udp + 1) > end || total < sizeof *ip + sizeof *udp || bpf_ntohs(udp->len) != total - sizeof *ip)
        return 0;
    return udp;
}

static __always_inline struct udphdr *read_v6(void *at, void *end, __u32 bytes, struct place *from, struct place *to)
{
    const struct ipv6hdr *ip = at;
    struct udphdr *udp = (struct udphdr *)(ip + 1);
    __u16 size;

    if ((void *)(ip + 1) > end || *(const __u8 *)at >> 4 != 6 || ip->nexthdr != IPPROTO_UDP)
        return 0;
    if (!is_client6(ip->saddr.s6_addr) || is_same6(ip->saddr.s6_addr32, ip->daddr.s6_addr32))
        return 0;
    __builtin_memcpy(from->address, &ip->saddr, sizeof from->address);
    __builtin_memcpy(to->address, &ip->daddr, sizeof to->address);
    size = bpf_ntohs(ip->payload_len);
    if ((void *)(udp + 1) > end || size < sizeof *udp || size + sizeof *ip > bytes || bpf_ntohs(udp->len) != size)
        return 0;
    return udp;
}

static __always_inline int is_query(struct xdp_md *context)
{
    void *at = (void *)(long)context->data, *end = (void *)(long)context->data_end;
    const struct ethhdr *frame = at;
    __u32 bytes = length(context);
    struct place from = {}, to = {};
    struct udphdr *udp = 0;

    if ((void *)(frame + 1) > end || bytes > FRAME_MAX || (frame->h_source[0] & 1) || !is_own_mac(frame))
        return 0;
    if (frame->h_proto == bpf_htons(ETH_P_IP))
        udp = read_v4((void *)(frame + 1), end, bytes - ETH_HLEN, &from, &to);
    else if (frame->h_proto == bpf_htons(ETH_P_IPV6))
        udp = read_v6((void *)(frame + 1), end, bytes - ETH_HLEN, &from, &to);
    if (!udp || !udp->source)
        return 0;
    to.port = udp->dest;
    return to.port && lookup(&places, &to) && !lookup(&places, &from);
}

SEC("xdp")
int take_queries(struct xdp_md *context)
{
    __u32 queue = context->rx_queue_index;
    __u32 kind;
    __u64 *count;
    int verdict = XDP_PASS;

    if (is_query(context))
        verdict = redirect(&sockets, queue, XDP_PASS);
    kind = queue * KINDS + (verdict == XDP_REDIRECT ? REDIRECTED : PASSED);
    count = lookup(&counts, &kind);
    if (count)
        ++*count;
    return verdict;
}

char filter_license[] SEC("license") = "Apache-2.0";
