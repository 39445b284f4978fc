/* SPDX-License-Identifier: Apache-2.0
 *
 * A load for a server at the other end of a veth pair, all of it in the kernel: each reply is checked, becomes the next
 * query in its own frame, and goes back. rebound.cc loads it, fills the maps and sends the first queries; as many as it
 * sent are under way from then on. Frames that are no replies to the load are passed.
 *
 * Queries have no UDP checksum, as a NIC that has verified one hands them over.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>

#include "resolver/base/bpf_program.h"

/* Without loops, no compiler makes pointers of them that the kernel cannot follow. */
#ifdef __clang__
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 64")
#endif

/* The functions of the kernel, by their numbers; each compiler has its own way to name them. */
#ifdef __clang__
static void *(*const lookup)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static long (*const move_begin)(struct xdp_md *context, int delta) = (void *)BPF_FUNC_xdp_adjust_head;
static long (*const store)(struct xdp_md *context, __u32 at, void *from, __u32 size) = (void *)BPF_FUNC_xdp_store_bytes;
static long (*const redirect)(__u32 interface, __u64 flags) = (void *)BPF_FUNC_redirect;
#else
void *lookup(void *map, const void *key) __attribute__((kernel_helper(BPF_FUNC_map_lookup_elem)));
long move_begin(struct xdp_md *context, int delta) __attribute__((kernel_helper(BPF_FUNC_xdp_adjust_head)));
long store(struct xdp_md *context, __u32 at, void *from, __u32 size)
    __attribute__((kernel_helper(BPF_FUNC_xdp_store_bytes)));
long redirect(__u32 interface, __u64 flags) __attribute__((kernel_helper(BPF_FUNC_redirect)));
#endif

#define QUERIES 65536 /* their number is their id */
#define QUEUES_MAX 8
#define QUESTION_AT 12    /* in a message */
#define ADDRESS_AT 12     /* in the record of an answer whose owner is a pointer */
#define FRESH_LETTERS 16  /* of a label */
#define FRESH_WORDS 5     /* of a question, in which that label is */
#define QUESTION_WORDS 64 /* at most */
#define FIRST_PORT 1024
#define PORTS 60000

/* As in rebound.cc. */
struct query {
    __u16 size;     /* of the message */
    __u16 question; /* octets of the question */
    __be32 address; /* that the answer has to have; 0.0.0.0 is one */
    __u8 message[288];
};

struct settings {
    __be32 server;
    __be16 port;
    __u8 echoes;      /* a reply is its query with another bit in its header */
    __u8 fresh;       /* the first label of each name is replaced by a number that has not been there */
    __be16 network;   /* first half of the addresses of clients */
    __u16 zero;
    __u32 clients;    /* the second half of an address is the client's number */
    __u32 redirected; /* the interface that queries are redirected to; 0: they are sent back */
    __u32 ended;      /* replies are counted, and dropped */
};

/* Of a queue, which has one processor at a time. */
struct counts {
    __u64 next; /* number of the next query */
    __u64 answered;
    __u64 wrong;
    __u64 dropped;
};

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(map_flags, BPF_F_MMAPABLE);
    __uint(max_entries, QUERIES);
    __type(key, __u32);
    __type(value, struct query);
} queries SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 1);
    __type(key, __u32);
    __type(value, struct settings);
} settings SEC(".maps");

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, QUEUES_MAX);
    __type(key, __u32);
    __type(value, struct counts);
} counts SEC(".maps");

struct headers {
    struct ethhdr ethernet;
    struct iphdr ip;
    struct udphdr udp;
} __attribute__((packed));

struct header { /* of a message */
    __be16 id;
    __u8 flags;
    __u8 rcode;
    __be16 questions;
    __be16 answers;
    __be16 authority;
    __be16 additional;
};

/* Whether the message is the reply that the load expects: its id, question, code and address, or its length. */
static __always_inline int is_right(const struct settings *with, const void *message, const void *end, __u32 size)
{
    const struct header *header = message;
    const struct query *query;
    const __be32 *address;
    __u32 index, i;

    if ((const void *)(header + 1) > end || !(header->flags & 0x80))
        return 0;
    index = bpf_ntohs(header->id);
    query = lookup(&queries, &index);
    if (!query)
        return 0;
    UNROLL
    for (i = 0; i < QUESTION_WORDS; ++i) {
        const __u32 *word = (const __u32 *)(message + QUESTION_AT) + i;

        if (4 * i + 4 > query->question)
            break;
        if (with->fresh && i < FRESH_WORDS)
            continue;
        if ((const void *)(word + 1) > end || *word != *((const __u32 *)&query->message[QUESTION_AT] + i))
            return 0;
    }
    if (with->echoes)
        return size == query->size;
    address = message + QUESTION_AT + (query->question & 0x1ff) + ADDRESS_AT;
    return !(header->rcode & 0xf) && header->answers && (const void *)(address + 1) <= end &&
           *address == query->address;
}

/* The halves of an address: all that gcc 12 has no function of its own for. */
static __always_inline __be16 *halves(struct headers *of, int to)
{
    return (void *)of + sizeof of->ethernet + (to ? 16 : 12);
}

static __always_inline void write_headers(struct headers *to, const struct ethhdr *reply, const struct settings *with,
                                          __u32 client, __u32 size)
{
    __u16 *words = (void *)to + sizeof to->ethernet;
    __u32 sum = 0, i;

    __builtin_memcpy(to->ethernet.h_dest, reply->h_source, ETH_ALEN);
    __builtin_memcpy(to->ethernet.h_source, reply->h_dest, ETH_ALEN);
    to->ethernet.h_proto = reply->h_proto;
    to->ip.version = 4;
    to->ip.ihl = 5;
    to->ip.tos = 0;
    to->ip.tot_len = bpf_htons(sizeof to->ip + sizeof to->udp + size);
    to->ip.id = 0;
    to->ip.frag_off = bpf_htons(0x4000);
    to->ip.ttl = 64;
    to->ip.protocol = IPPROTO_UDP;
    to->ip.check = 0;
    halves(to, 0)[0] = with->network;
    halves(to, 0)[1] = bpf_htons(client);
    to->ip.daddr = with->server;
    UNROLL
    for (i = 0; i < sizeof to->ip / sizeof *words; ++i)
        sum += words[i];
    sum = (sum & 0xffff) + (sum >> 16);
    to->ip.check = ~((sum & 0xffff) + (sum >> 16));
    to->udp.source = bpf_htons(FIRST_PORT + client % PORTS);
    to->udp.dest = with->port;
    to->udp.len = bpf_htons(sizeof to->udp + size);
    to->udp.check = 0;
}

/* There is always room before a frame, and not always behind it: where the frame of the query begins gives its size. */
static __always_inline int ask(struct xdp_md *context, const struct settings *with, struct counts *count)
{
    void *at = (void *)(long)context->data, *end = (void *)(long)context->data_end;
    const __u64 number = count->next++;
    const __u32 index = number % QUERIES;
    struct query *query = lookup(&queries, &index);
    struct ethhdr reply;
    __u8 *letters;
    __u32 size, i;

    if (!query || at + sizeof reply > end)
        return XDP_ABORTED;
    __builtin_memcpy(&reply, at, sizeof reply);
    size = query->size;
    if (size < sizeof(struct header) || size > sizeof query->message || !with->clients)
        return XDP_ABORTED;
    if (move_begin(context, (int)(end - at) - (int)(sizeof(struct headers) + size)) ||
        store(context, sizeof(struct headers), query->message, size))
        return XDP_ABORTED;
    at = (void *)(long)context->data;
    end = (void *)(long)context->data_end;
    letters = at + sizeof(struct headers) + QUESTION_AT + 1;
    if ((void *)(letters + FRESH_LETTERS) > end)
        return XDP_ABORTED;
    write_headers(at, &reply, with, number % with->clients, size);
    if (with->fresh) {
        UNROLL
        for (i = 0; i < FRESH_LETTERS; ++i)
            letters[i] = 'a' + (number >> 4 * i) % 16;
    }
    return with->redirected ? redirect(with->redirected, 0) : XDP_TX;
}

SEC("xdp")
int rebound(struct xdp_md *context)
{
    void *at = (void *)(long)context->data, *end = (void *)(long)context->data_end;
    struct headers *headers = at;
    const __u32 first = 0, queue = context->rx_queue_index;
    const struct settings *with = lookup(&settings, &first);
    struct counts *count = lookup(&counts, &queue);
    __u32 size;

    if (!with || !count || (void *)(headers + 1) > end || headers->ethernet.h_proto != bpf_htons(ETH_P_IP) ||
        headers->ip.protocol != IPPROTO_UDP || headers->ip.saddr != with->server || headers->udp.source != with->port ||
        halves(headers, 1)[0] != with->network || bpf_ntohs(halves(headers, 1)[1]) >= with->clients)
        return XDP_PASS;
    if (with->ended) {
        ++count->dropped;
        return XDP_DROP;
    }
    size = bpf_ntohs(headers->udp.len) - sizeof headers->udp;
    ++count->answered;
    if (!is_right(with, headers + 1, end, size))
        ++count->wrong;
    return ask(context, with, count);
}

/* For the server's end: a veth hands frames to an end that has a program. */
SEC("xdp")
int pass_all(struct xdp_md *context)
{
    (void)context;
    return XDP_PASS;
}

char rebound_license[] SEC("license") = "Apache-2.0";
