// SPDX-License-Identifier: Apache-2.0
//
// PROXY headers: read in pieces, as a connection brings them, they are what they are in one; what is read is within the
// bytes that are there, and never more than the limit is asked for.

#include <algorithm>

#include "resolver/base/check.h"
#include "resolver/wire/proxy_header.h"
#include "resolver/wire/query.h"
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;
using namespace cenote::wire;

fuzz::Goal proxied("a header has a client");
fuzz::Goal through_tls("a header says that TLS ends at the proxy");
fuzz::Goal partial("a header is not whole");

/// As a stream is read: what is missing, and no byte more.
ProxyRead read_in_pieces(ByteView bytes, std::size_t piece, ProxyHeader& header) {
    std::size_t size = 0;
    while (true) {
        const ProxyRead read = read_proxy_header(bytes.first(size), header);
        if (read != ProxyRead::Partial) return read;
        CENOTE_CHECK(header.size > size && header.size <= kProxyHeaderMax);
        const std::size_t more = std::min({piece, header.size - size, bytes.size() - size});
        if (more == 0) return read;
        size += more;
    }
}

}  // namespace

/// The first byte: the size of the pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    fuzz::Input input(data, size);
    const std::size_t piece = std::size_t{input.u8()} + 1;
    const ByteView bytes = input.rest();
    ProxyHeader whole;
    const ProxyRead read = read_proxy_header(bytes, whole);
    ProxyHeader pieces;
    CENOTE_CHECK(read_in_pieces(bytes, piece, pieces) == read);
    if (read == ProxyRead::Partial) partial.reach();
    if (read == ProxyRead::Ok) {
        if (whole.proxied) proxied.reach();
        if (whole.through_tls) through_tls.reach();
        CENOTE_CHECK(whole.size <= bytes.size() && whole.size <= kProxyHeaderMax && whole.size >= kProxyPrefix);
        CENOTE_CHECK(whole.size == pieces.size && whole.client == pieces.client && whole.proxied == pieces.proxied);
        CENOTE_CHECK(whole.asked == pieces.asked && whole.through_tls == pieces.through_tls);
        CENOTE_CHECK(whole.proxied || (whole.asked.is_unspecified() && !whole.through_tls));
        CENOTE_CHECK(begins_proxy_header(bytes));
    }
    CENOTE_CHECK(read != ProxyRead::Missing || !begins_proxy_header(bytes));
    Query query;
    CENOTE_CHECK((parse_query(bytes, query) == ParseStatus::ProxyHeader) == begins_proxy_header(bytes));
    return 0;
}
