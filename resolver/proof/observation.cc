// SPDX-License-Identifier: Apache-2.0
#include "resolver/proof/observation.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "resolver/base/address.h"
#include "resolver/wire/message.h"
#include "resolver/wire/name.h"

namespace cenote::proof {
namespace {

using wire::RrType;

constexpr std::size_t kShownMax = 60;  // bytes of a text

struct RawRecord {
    RrType type{};
    std::uint32_t ttl = 0;
    std::size_t rdata_at = 0;
    ByteView rdata;
};

/// The record at `offset`, which is moved behind it; nullopt: there is none.
std::optional<RawRecord> next_record(ByteView message, std::size_t& offset) {
    if (!wire::skip_name(message, offset)) return std::nullopt;
    ByteReader reader(message.subspan(offset));
    RawRecord record;
    record.type = static_cast<RrType>(reader.u16());
    reader.u16();
    record.ttl = reader.u32();
    const std::size_t size = reader.u16();
    record.rdata_at = offset + reader.offset();
    record.rdata = reader.bytes(size);
    if (!reader.ok()) return std::nullopt;
    offset += reader.offset();
    return record;
}

void read_opt(const RawRecord& opt, Observation& into) {
    into.rcode = static_cast<wire::Rcode>(static_cast<unsigned>(into.rcode) | ((opt.ttl >> 24U) << 4U));
    ByteReader options(opt.rdata);
    while (options.left() > 0) {
        const auto code = static_cast<wire::OptionCode>(options.u16());
        const ByteView data = options.bytes(options.u16());
        if (options.ok() && code == wire::OptionCode::ExtendedError && data.size() >= 2)
            into.errors.push_back(load_u16(data.data()));
        if (options.ok() && code == wire::OptionCode::Cookie) into.cookie.assign(data.begin(), data.end());
    }
}

AnswerRecord answer_of(ByteView message, const RawRecord& raw) {
    AnswerRecord record{raw.type, {raw.rdata.begin(), raw.rdata.end()}};
    wire::Name target;
    std::size_t end = 0;
    if (raw.type == RrType::CNAME && target.read(message, raw.rdata_at, end))
        record.rdata.assign(target.wire().begin(), target.wire().end());
    return record;
}

bool read_records(ByteView message, std::size_t offset, Observation& into) {
    const std::size_t answers = load_u16(&message[6]);
    const std::size_t authority = answers + load_u16(&message[8]);
    const std::size_t all = authority + load_u16(&message[10]);
    for (std::size_t i = 0; i < all; ++i) {
        const auto record = next_record(message, offset);
        if (!record) return false;
        if (i < answers) into.answers.push_back(answer_of(message, *record));
        if (i >= answers && i < authority) into.has_soa = into.has_soa || record->type == RrType::SOA;
        if (i >= authority && record->type == RrType::OPT) read_opt(*record, into);
    }
    return offset == message.size();
}

std::string cut(std::string text) {
    if (text.size() > kShownMax) text = text.substr(0, kShownMax) + "…";
    return text;
}

}  // namespace

Observation read_reply(ByteView reply, ByteView sent) {
    Observation read;
    read.outcome = Outcome::Malformed;
    if (reply.size() < wire::kHeaderSize || load_u16(&reply[4]) != 1) return read;
    const std::uint16_t flags = load_u16(&reply[2]);
    read.rcode = static_cast<wire::Rcode>(flags & 0xfU);
    read.truncated = (flags & wire::kFlagTc) != 0;
    read.authenticated = (flags & wire::kFlagAd) != 0;
    std::size_t end = wire::kHeaderSize;
    if (!wire::skip_name(reply, end) || reply.size() < end + 4) return read;
    end += 4;
    read.same_question =
        sent.size() >= end && std::equal(reply.begin() + wire::kHeaderSize, reply.begin() + static_cast<long>(end),
                                         sent.begin() + wire::kHeaderSize);
    if (read_records(reply, end, read)) read.outcome = Outcome::Answered;
    return read;
}

std::string rcode_to_text(wire::Rcode rcode) {
    switch (rcode) {
        case wire::Rcode::NoError: return "NOERROR";
        case wire::Rcode::FormErr: return "FORMERR";
        case wire::Rcode::ServFail: return "SERVFAIL";
        case wire::Rcode::NXDomain: return "NXDOMAIN";
        case wire::Rcode::NotImp: return "NOTIMP";
        case wire::Rcode::Refused: return "REFUSED";
        default: return fmt::format("RCODE {}", static_cast<unsigned>(rcode));
    }
}

std::string record_to_text(RrType type, ByteView rdata) {
    if (type == RrType::A && rdata.size() == 4)
        return IpAddress::v4({rdata[0], rdata[1], rdata[2], rdata[3]}).to_string();
    if (type == RrType::AAAA && rdata.size() == 16) {
        std::array<std::uint8_t, 16> octets{};
        std::ranges::copy(rdata, octets.begin());
        return IpAddress::v6(octets).to_string();
    }
    wire::Name target;
    std::size_t end = 0;
    if (type == RrType::CNAME && target.read_uncompressed(rdata, end)) return "CNAME " + target.to_string();
    if (type == RrType::TXT && rdata.size() > 1)
        return fmt::format("TXT \"{}\"",
                           cut({reinterpret_cast<const char*>(rdata.data()) + 1, std::size_t{rdata.size()} - 1}));
    return wire::type_to_text(type);
}

std::string errors_to_text(const std::vector<std::uint16_t>& errors) {
    if (errors.empty()) return "no EDE";
    std::string text = "EDE";
    for (std::size_t i = 0; i < errors.size(); ++i) text += fmt::format("{}{}", i == 0 ? " " : " and ", errors[i]);
    return text;
}

std::string observation_to_text(const Observation& observation) {
    switch (observation.outcome) {
        case Outcome::NoAnswer: return observation.why.empty() ? "no answer" : observation.why;
        case Outcome::Malformed: return "a reply that does not parse";
        case Outcome::Answered: break;
    }
    if (observation.rcode != wire::Rcode::NoError) return rcode_to_text(observation.rcode);
    if (observation.truncated) return "a truncated reply";
    if (observation.answers.empty()) return "NODATA";
    std::string text;
    constexpr std::size_t kShown = 3;
    for (std::size_t i = 0; i < std::min(kShown, observation.answers.size()); ++i)
        text += (i == 0 ? "" : ", ") + record_to_text(observation.answers[i].type, observation.answers[i].rdata);
    if (observation.answers.size() > kShown) text += fmt::format(" and {} more", observation.answers.size() - kShown);
    return text;
}

}  // namespace cenote::proof
