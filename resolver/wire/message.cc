// SPDX-License-Identifier: Apache-2.0
#include "resolver/wire/message.h"

#include <ldns/ldns.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <system_error>

#include "resolver/wire/fold.h"
#include "resolver/wire/name.h"
#include "resolver/wire/rdata.h"

namespace cenote::wire {
namespace {

struct Free {
    void operator()(char* text) const { std::free(text); }
    void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
    void operator()(ldns_rr* record) const { ldns_rr_free(record); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

Error words(ldns_status status) {
    const char* text = ldns_get_errorstr_by_id(status);
    return Error{text != nullptr ? text : "not understood"};
}

/// Whether the text is one line, so that it cannot hold more than rdata.
bool is_one_line(std::string_view value) { return value.find_first_of(std::string_view("\n\r\0", 3)) == value.npos; }

/// Parses "TYPE65" in any case (RFC 3597 §5). ldns accepts "TYPE1x" and "TYPE70000" too.
bool is_numbered(std::string_view text) {
    constexpr std::string_view kPrefix = "type";
    return text.size() > kPrefix.size() && std::equal(kPrefix.begin(), kPrefix.end(), text.begin(), [](char a, char b) {
               return a == static_cast<char>(fold_byte(static_cast<std::uint8_t>(b)));
           });
}

std::optional<RrType> parse_number(std::string_view digits) {
    std::uint16_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || value == 0) return std::nullopt;
    return static_cast<RrType>(value);
}

/// Whether the rdata is valid for its type, also when it was written as `\# LENGTH HEX` (RFC 3597 §5).
bool is_rdata(RrType type, ByteView rdata) {
    const auto on_name = [rdata](std::size_t at, std::size_t& next, bool) {
        Name name;
        std::size_t size = 0;
        if (!name.read_uncompressed(rdata.subspan(at), size)) return false;
        next = at + size;
        return true;
    };
    return walk_rdata(rdata, type, 0, rdata.size(), on_name, [](std::size_t, std::size_t) {});
}

}  // namespace

Result<std::string> to_text(ByteView packet) {
    ldns_pkt* parsed = nullptr;
    const ldns_status status = ldns_wire2pkt(&parsed, packet.data(), packet.size());
    const Owned<ldns_pkt> owned(parsed);
    if (status != LDNS_STATUS_OK) return words(status);
    const Owned<char> text(ldns_pkt2str(parsed));
    if (!text) return Error{"the message cannot be printed"};
    return std::string(text.get());
}

std::optional<RrType> parse_type(std::string_view text) {
    if (is_numbered(text)) return parse_number(text.substr(4));
    const ldns_rr_type type = ldns_get_rr_type_by_name(std::string(text).c_str());
    if (type == 0) return std::nullopt;
    return static_cast<RrType>(type);
}

std::string type_to_text(RrType type) {
    const Owned<char> text(ldns_rr_type2str(static_cast<ldns_rr_type>(type)));
    return text ? std::string(text.get()) : "TYPE" + std::to_string(static_cast<unsigned>(type));
}

Result<std::vector<std::uint8_t>> rdata_from_text(RrType type, std::string_view value) {
    if (!is_one_line(value)) return Error{"a value is one line of text"};
    const std::string line = ". 0 IN " + type_to_text(type) + " " + std::string(value);
    ldns_rr* parsed = nullptr;
    const ldns_status status = ldns_rr_new_frm_str(&parsed, line.c_str(), 0, nullptr, nullptr);
    const Owned<ldns_rr> record(parsed);
    if (status != LDNS_STATUS_OK) return words(status);
    std::vector<std::uint8_t> rdata;
    for (std::size_t i = 0; i < ldns_rr_rd_count(record.get()); ++i) {
        const ldns_rdf* field = ldns_rr_rdf(record.get(), i);
        const std::uint8_t* data = ldns_rdf_data(field);
        rdata.insert(rdata.end(), data, data + ldns_rdf_size(field));
    }
    if (!is_rdata(type, rdata)) return Error{"this is no rdata of type " + type_to_text(type)};
    return rdata;
}

}  // namespace cenote::wire
