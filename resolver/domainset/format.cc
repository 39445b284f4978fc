// SPDX-License-Identifier: Apache-2.0
#include "resolver/domainset/format.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <bit>
#include <span>

namespace cenote::domainset::format {
namespace {

void put_u8(std::vector<std::uint8_t>& out, std::uint8_t value) { out.push_back(value); }

void put_u32(std::vector<std::uint8_t>& out, std::size_t value) {
    const auto at = out.size();
    out.resize(at + 4);
    store_u32(&out[at], static_cast<std::uint32_t>(value));
}

void put_text(std::vector<std::uint8_t>& out, std::string_view text) {
    put_u32(out, text.size());
    out.insert(out.end(), text.begin(), text.end());
}

void put_texts(std::vector<std::uint8_t>& out, const std::vector<std::string>& texts) {
    put_u32(out, texts.size());
    for (const auto& text : texts) put_text(out, text);
}

void put_u64(ByteWriter& out, std::uint64_t value) noexcept {
    out.u32(static_cast<std::uint32_t>(value >> 32));
    out.u32(static_cast<std::uint32_t>(value));
}

std::uint64_t take_u64(ByteReader& in) noexcept {
    const std::uint64_t high = in.u32();
    return high << 32 | in.u32();
}

std::string take_text(ByteReader& in) {
    const auto size = in.u32();
    if (size > kTextBytesMax) in.fail();
    const auto bytes = in.bytes(in.ok() ? size : 0);
    std::string text(bytes.begin(), bytes.end());
    if (!is_clean_text(text)) in.fail();
    return text;
}

/// The count of elements of at least `bytes_each` bytes; fails when so many cannot follow.
std::size_t take_count(ByteReader& in, std::size_t bytes_each) {
    const std::size_t count = in.u32();
    if (count > in.left() / bytes_each) {
        in.fail();
        return 0;
    }
    return count;
}

std::vector<std::string> take_texts(ByteReader& in) {
    std::vector<std::string> texts(take_count(in, 4));
    if (texts.size() > kTextsMax) in.fail();
    for (auto& text : texts) {
        if (!in.ok()) break;
        text = take_text(in);
    }
    return texts;
}

Source take_source(ByteReader& in) {
    Source source;
    const auto kind = in.u8();
    const auto by_default = in.u8();
    if (kind > static_cast<std::uint8_t>(SourceKind::Names) || by_default > 1) in.fail();
    source.kind = static_cast<SourceKind>(kind);
    source.by_default = by_default != 0;
    source.entries = in.u32();
    for (auto& byte : source.digest) byte = in.u8();
    for (auto* text : {&source.id, &source.name, &source.vendor, &source.jurisdiction, &source.format, &source.note})
        *text = take_text(in);
    for (auto* texts : {&source.aliases, &source.categories, &source.shared_names}) *texts = take_texts(in);
    return source;
}

/// Whether decoding reached the end of the section: only padding shorter than the alignment is left.
bool is_whole(const ByteReader& in) noexcept { return in.ok() && in.left() < kSectionAlignment; }

/// The length of the UTF-8 sequence at the front of `text` (RFC 3629 §4), 0 when there is none.
std::size_t utf8_sequence(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
    for (std::size_t i = 1; i < size; ++i)
        if ((byte(i) & 0xc0) != 0x80) return 0;
    const bool overlong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
    const bool surrogate = first == 0xed && byte(1) >= 0xa0;
    const bool beyond = first == 0xf4 && byte(1) >= 0x90;
    return overlong || surrogate || beyond ? 0 : size;
}

}  // namespace

std::size_t LabelCounts::deepest() const noexcept {
    if (bits_[1] != 0) return 127 - static_cast<std::size_t>(std::countl_zero(bits_[1]));
    return bits_[0] == 0 ? 0 : 63 - static_cast<std::size_t>(std::countl_zero(bits_[0]));
}

std::uint64_t checksum(ByteView bytes) noexcept { return XXH3_64bits(bytes.data(), bytes.size()); }

std::array<std::uint8_t, kHeaderBytes> encode(const Header& header) {
    std::array<std::uint8_t, kHeaderBytes> bytes{};
    ByteWriter out(bytes);
    out.bytes(kMagic);
    out.u32(header.version);
    out.u32(static_cast<std::uint32_t>(section_count(header.version)));
    put_u64(out, header.seed);
    put_u64(out, static_cast<std::uint64_t>(header.built_at));
    put_u64(out, header.domains);
    out.u32(header.groups);
    out.u32(header.payload_bytes);
    put_u64(out, header.label_counts.word(0));
    put_u64(out, header.label_counts.word(1));
    for (const auto& section : std::span(header.sections).first(section_count(header.version))) {
        put_u64(out, section.offset);
        put_u64(out, section.size);
        put_u64(out, section.checksum);
    }
    put_u64(out, header.delta_of);
    ByteWriter last(MutableBytes(bytes).last(8));
    put_u64(last, computed_checksum(bytes));
    return bytes;
}

Header decode_header(ByteView bytes) noexcept {
    ByteReader in(bytes);
    Header header;
    in.skip(kMagic.size());
    header.version = in.u32();
    in.skip(4);  // the number of sections belongs to the version
    header.seed = take_u64(in);
    header.built_at = static_cast<std::int64_t>(take_u64(in));
    header.domains = take_u64(in);
    header.groups = in.u32();
    header.payload_bytes = in.u32();
    header.label_counts.set_word(0, take_u64(in));
    header.label_counts.set_word(1, take_u64(in));
    for (auto& section : std::span(header.sections).first(section_count(header.version))) {
        section.offset = take_u64(in);
        section.size = take_u64(in);
        section.checksum = take_u64(in);
    }
    header.delta_of = take_u64(in);
    return header;
}

std::uint64_t stored_checksum(ByteView header) noexcept {
    ByteReader in(header.subspan(kHeaderBytes - 8));
    return take_u64(in);
}

std::uint64_t computed_checksum(ByteView header) noexcept { return checksum(header.first(kHeaderBytes - 8)); }

std::vector<std::uint8_t> encode(const std::vector<Source>& sources) {
    std::vector<std::uint8_t> out;
    put_u32(out, sources.size());
    for (const auto& source : sources) {
        put_u8(out, static_cast<std::uint8_t>(source.kind));
        put_u8(out, source.by_default ? 1 : 0);
        put_u32(out, source.entries);
        out.insert(out.end(), source.digest.begin(), source.digest.end());
        for (const auto* text :
             {&source.id, &source.name, &source.vendor, &source.jurisdiction, &source.format, &source.note})
            put_text(out, *text);
        for (const auto* texts : {&source.aliases, &source.categories, &source.shared_names}) put_texts(out, *texts);
    }
    return out;
}

std::vector<std::uint8_t> encode(const std::vector<Tag>& tags) {
    std::vector<std::uint8_t> out;
    put_u32(out, tags.size());
    for (const auto& tag : tags) {
        put_u32(out, tag.source);
        put_u8(out, static_cast<std::uint8_t>(tag.role));
        put_u8(out, tag.strict ? 1 : 0);
    }
    return out;
}

std::vector<std::uint8_t> encode(const SourceSets& sets) {
    std::vector<std::uint8_t> out;
    put_u32(out, sets.size());
    for (std::size_t i = 0; i < sets.size(); ++i) {
        put_u32(out, sets.starts[i + 1] - sets.starts[i]);
        for (auto item = sets.starts[i]; item < sets.starts[i + 1]; ++item) put_u32(out, sets.items[item]);
    }
    return out;
}

std::vector<std::uint8_t> encode(const std::vector<Payload>& payloads) {
    std::vector<std::uint8_t> out;
    put_u32(out, payloads.size());
    for (const auto& payload : payloads) {
        put_u32(out, payload.own);
        put_u32(out, payload.below);
    }
    return out;
}

std::vector<std::uint8_t> encode(const std::vector<AddressRule>& addresses) {
    std::vector<std::uint8_t> out;
    put_u32(out, addresses.size());
    for (const auto& rule : addresses) {
        put_u8(out, static_cast<std::uint8_t>(rule.use));
        put_u8(out, rule.sinkholes ? 1 : 0);
        put_u8(out, rule.prefix.mapped_length());
        const auto& octets = rule.prefix.ip().octets();
        out.insert(out.end(), octets.begin(), octets.end());
        put_u32(out, rule.tag);
    }
    return out;
}

std::optional<std::vector<Source>> decode_sources(ByteView section) {
    ByteReader in(section);
    constexpr std::size_t kLeast = 2 + 4 + 32 + 9 * 4;
    std::vector<Source> sources(take_count(in, kLeast));
    for (auto& source : sources) {
        source = take_source(in);
        if (!in.ok()) break;
    }
    if (!is_whole(in)) return std::nullopt;
    return sources;
}

std::optional<std::vector<Tag>> decode_tags(ByteView section, std::size_t sources) {
    ByteReader in(section);
    std::vector<Tag> tags(take_count(in, 6));
    for (auto& tag : tags) {
        tag.source = in.u32();
        const auto role = in.u8();
        const auto strict = in.u8();
        if (tag.source >= sources || role >= kRoleCount || strict > 1) return std::nullopt;
        tag.role = static_cast<Role>(role);
        tag.strict = strict != 0;
    }
    if (!is_whole(in)) return std::nullopt;
    return tags;
}

std::optional<SourceSets> decode_source_sets(ByteView section, std::size_t tags) {
    ByteReader in(section);
    const auto count = take_count(in, 4);
    if (count == 0 || in.u32() != 0) return std::nullopt;  // set 0 is empty
    SourceSets sets;
    for (std::size_t i = 1; i < count; ++i) {
        const auto size = take_count(in, 4);
        if (size == 0) return std::nullopt;
        for (std::size_t item = 0; item < size; ++item) {
            const auto tag = in.u32();
            if (tag >= tags || (item != 0 && tag <= sets.items.back())) return std::nullopt;
            sets.items.push_back(tag);
        }
        sets.starts.push_back(static_cast<std::uint32_t>(sets.items.size()));
    }
    if (!is_whole(in)) return std::nullopt;
    return sets;
}

std::optional<std::vector<Payload>> decode_payloads(ByteView section, std::size_t source_sets, bool of_delta) {
    ByteReader in(section);
    std::vector<Payload> payloads(take_count(in, 8));
    for (auto& payload : payloads) {
        payload = {in.u32(), in.u32()};
        const bool gone = of_delta && payload.own == kInherit && payload.below == kInherit;
        const bool below = payload.below < source_sets || payload.below == kInherit;
        if (!gone && (payload.own >= source_sets || !below)) return std::nullopt;
    }
    if (!is_whole(in)) return std::nullopt;
    return payloads;
}

std::optional<std::vector<AddressRule>> decode_addresses(ByteView section, std::size_t tags) {
    ByteReader in(section);
    constexpr std::size_t kRuleBytes = 1 + 1 + 1 + 16 + 4;
    std::vector<AddressRule> rules;
    const std::size_t count = take_count(in, kRuleBytes);
    rules.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        const auto use = in.u8();
        const auto sinkholes = in.u8();
        const auto length = in.u8();
        std::array<std::uint8_t, 16> octets{};
        for (auto& octet : octets) octet = in.u8();
        if (use > static_cast<std::uint8_t>(AddressUse::Client) || sinkholes > 1 || length > 128) return std::nullopt;
        const AddressRule rule{static_cast<AddressUse>(use), Prefix(IpAddress::v6(octets), length), in.u32(),
                               sinkholes != 0};
        const bool has_host_bits = rule.prefix.ip().octets() != octets;
        const bool in_order = rules.empty() || stands_before(rules.back(), rule);
        if (has_host_bits || rule.tag >= tags || !in_order) return std::nullopt;
        rules.push_back(rule);
    }
    if (!is_whole(in)) return std::nullopt;
    return rules;
}

Status check_source(const Source& source) {
    const auto is_bad = [](const std::string& text) { return text.size() > kTextBytesMax || !is_clean_text(text); };
    const auto bad_text = [&source] {
        return Error{fmt::format("a text of source '{}' is no UTF-8, has control characters or is longer than {} bytes",
                                 source.id, kTextBytesMax)};
    };
    for (const auto* text :
         {&source.id, &source.name, &source.vendor, &source.jurisdiction, &source.format, &source.note})
        if (is_bad(*text)) return bad_text();
    for (const auto* texts : {&source.aliases, &source.categories, &source.shared_names}) {
        if (texts->size() > kTextsMax)
            return Error{fmt::format("source '{}' has more than {} texts of one kind", source.id, kTextsMax)};
        for (const auto& text : *texts)
            if (is_bad(text)) return bad_text();
    }
    return Done{};
}

bool is_clean_text(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto first = static_cast<std::uint8_t>(text.front());
        const auto size = utf8_sequence(text);
        if (size == 0 || first < 0x20 || first == 0x7f) return false;
        if (size == 2 && first == 0xc2 && static_cast<std::uint8_t>(text[1]) < 0xa0) return false;  // C1 controls
        text.remove_prefix(size);
    }
    return true;
}

}  // namespace cenote::domainset::format
