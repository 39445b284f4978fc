// SPDX-License-Identifier: Apache-2.0
#include "resolver/transfer/rpz_zone.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "blocklists/rpz_trigger.h"
#include "resolver/base/digest.h"

namespace cenote::transfer {
namespace {

using policy::AnswerMode;
using wire::RrType;

std::string to_string(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

/// The labels of a name in wire format, without the root label.
std::string labels_of(std::string_view text) {
    const auto name = wire::Name::parse(text);
    CENOTE_CHECK(name.has_value());
    return to_string(name->wire().first(name->wire().size() - 1));
}

std::string wire_of(std::string_view text) {
    const auto name = wire::Name::parse(text);
    CENOTE_CHECK(name.has_value());
    return to_string(name->wire());
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text, int base) {
    Number number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return read.ec == std::errc() && read.ptr == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

/// The RPZ action of an answer mode. "null" becomes NODATA, which is one record for all types. `cell` nullptr: the name
/// resolves.
void add_action(const std::string& owner, const policy::Cell* cell, std::vector<RpzRecord>& records) {
    static const std::string kRoot(1, '\0');
    static const std::string kNodata = wire_of("*");
    static const std::string kPassthru = wire_of("rpz-passthru");
    static const std::string kDrop = wire_of("rpz-drop");
    if (cell == nullptr) {
        records.push_back({owner, RrType::CNAME, kPassthru});
        return;
    }
    switch (cell->answer) {
        case AnswerMode::Null:
        case AnswerMode::Nodata: records.push_back({owner, RrType::CNAME, kNodata}); return;
        case AnswerMode::Nxdomain:
        case AnswerMode::Refused: records.push_back({owner, RrType::CNAME, kRoot}); return;
        case AnswerMode::Drop: records.push_back({owner, RrType::CNAME, kDrop}); return;
        case AnswerMode::Cname: records.push_back({owner, RrType::CNAME, to_string(cell->cname)}); return;
        case AnswerMode::Address:
            if (!cell->ipv4.empty()) records.push_back({owner, RrType::A, to_string(cell->ipv4)});
            if (!cell->ipv6.empty()) records.push_back({owner, RrType::AAAA, to_string(cell->ipv6)});
            return;
    }
}

}  // namespace

std::vector<RpzRecord> rpz_records(const GroupPolicy& of) {
    std::vector<RpzRecord> records;
    for_each_rule(of, [&](const NameRule& rule) {
        const std::string owner = to_string(rule.name.wire().first(rule.name.wire().size() - 1));
        // In RPZ a record is for one name or for all names below one; neither covers the other.
        if (rule.itself_differs() || rule.below_differs()) {
            if (rule.itself != nullptr || rule.above != nullptr) add_action(owner, rule.itself, records);
            if (rule.below != nullptr || rule.above != nullptr) add_action("\1*" + owner, rule.below, records);
        }
    });
    for_each_address(of, [&](const Prefix& prefix, const policy::Cell* cell) {
        add_action(labels_of(blocklists::rpz_prefix_to_text(prefix) + ".rpz-ip"), cell, records);
    });
    std::sort(records.begin(), records.end());
    records.erase(std::unique(records.begin(), records.end()), records.end());
    return records;
}

std::size_t remove_too_long(std::vector<RpzRecord>& records, std::size_t zone_bytes) {
    return std::erase_if(records, [zone_bytes](const RpzRecord& record) {
        return record.owner.size() + zone_bytes > wire::Name::kBytesMax;
    });
}

std::uint32_t rpz_ttl_s(const policy::Policy& policy) {
    return static_cast<std::uint32_t>(std::max<std::int64_t>(policy.options().sinkhole.ttl.count(), 1));
}

std::string to_text(const RpzRecord& record) {
    const auto name_text = [](const std::string& bytes) {
        wire::Name name;
        std::size_t end = 0;
        return name.read_uncompressed(bytes_of(bytes), end) ? name.to_string() : std::string("?");
    };
    const std::string owner = name_text(record.owner + '\0');
    const auto* rdata = reinterpret_cast<const std::uint8_t*>(record.rdata.data());
    if (record.type == RrType::A)
        return fmt::format("{} A {}", owner, IpAddress::v4({rdata[0], rdata[1], rdata[2], rdata[3]}).to_string());
    if (record.type == RrType::AAAA) {
        std::array<std::uint8_t, 16> octets{};
        std::copy_n(rdata, octets.size(), octets.begin());
        return fmt::format("{} AAAA {}", owner, IpAddress::v6(octets).to_string());
    }
    if (record.type != RrType::CNAME)  // as unknown types are written (RFC 3597 §5)
        return fmt::format("{} TYPE{} \\# {} {}", owner, static_cast<unsigned>(record.type), record.rdata.size(),
                           to_hex({rdata, record.rdata.size()}));
    const std::string target = name_text(record.rdata);
    return fmt::format("{} CNAME {}", owner, target == "." ? target : target + ".");
}

std::optional<RpzRecord> parse_record(std::string_view line) {
    const auto word = [&line] {
        const auto end = std::min(line.find(' '), line.size());
        const auto taken = line.substr(0, end);
        line.remove_prefix(std::min(end + 1, line.size()));
        return taken;
    };
    const auto owner = wire::Name::parse(word());
    const auto type = word();
    if (!owner || owner->labels() == 0) return std::nullopt;
    RpzRecord record{
        .owner = to_string(owner->wire().first(owner->wire().size() - 1)), .type = RrType::CNAME, .rdata = {}};
    if (type == "CNAME") {
        const auto target = wire::Name::parse(word());
        if (!target) return std::nullopt;
        record.rdata = to_string(target->wire());
    } else if (type == "A" || type == "AAAA") {
        const auto address = IpAddress::parse(word());
        if (!address || address->is_v4() != (type == "A")) return std::nullopt;
        record.type = type == "A" ? RrType::A : RrType::AAAA;
        record.rdata = to_string(ByteView(address->octets()).last(address->is_v4() ? 4 : 16));
    } else {
        const auto number = type.starts_with("TYPE") ? parse_number<std::uint16_t>(type.substr(4), 10) : std::nullopt;
        if (!number || word() != "\\#") return std::nullopt;
        const auto size = parse_number<std::uint16_t>(word(), 10);
        const auto hex = word();
        if (!size || hex.size() != std::size_t{2} * *size) return std::nullopt;
        record.type = static_cast<RrType>(*number);
        for (std::size_t at = 0; at < hex.size(); at += 2) {
            const auto byte = parse_number<std::uint8_t>(hex.substr(at, 2), 16);
            if (!byte) return std::nullopt;
            record.rdata.push_back(static_cast<char>(*byte));
        }
    }
    return line.empty() ? std::optional(std::move(record)) : std::nullopt;
}

RpzDiff difference(const std::vector<RpzRecord>& before, const std::vector<RpzRecord>& after) {
    RpzDiff diff;
    std::set_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(diff.removed));
    std::set_difference(after.begin(), after.end(), before.begin(), before.end(), std::back_inserter(diff.added));
    return diff;
}

}  // namespace cenote::transfer
