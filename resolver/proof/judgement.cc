// SPDX-License-Identifier: Apache-2.0
#include "resolver/proof/judgement.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace cenote::proof {
namespace {

using policy::AnswerMode;
using wire::Rcode;
using wire::RrType;

bool equal(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

/// The records that the answer section of a sinkhole answer has, in any order.
std::vector<AnswerRecord> expected_records(const policy::Cell& cell, RrType type) {
    std::vector<AnswerRecord> records;
    const auto add = [&records](RrType of, ByteView rdata) {
        if (!rdata.empty()) records.push_back({of, {rdata.begin(), rdata.end()}});
    };
    if (cell.answer == AnswerMode::Cname) add(RrType::CNAME, cell.cname);
    if (cell.answer != AnswerMode::Null && cell.answer != AnswerMode::Address) return records;
    if (type == RrType::A || type == RrType::ANY) add(RrType::A, cell.ipv4);
    if (type == RrType::AAAA || type == RrType::ANY) add(RrType::AAAA, cell.ipv6);
    if (type == RrType::TXT) add(RrType::TXT, cell.txt_rdata);
    return records;
}

Rcode expected_rcode(const policy::Cell& cell) {
    if (cell.answer == AnswerMode::Refused) return Rcode::Refused;
    // NXDOMAIN would deny the names below that are open (RFC 8020 §2).
    return cell.answer == AnswerMode::Nxdomain && !cell.keep_open_below ? Rcode::NXDomain : Rcode::NoError;
}

bool has_error(const Observation& seen, wire::EdeCode code) {
    return std::ranges::find(seen.errors, static_cast<std::uint16_t>(code)) != seen.errors.end();
}

bool has_record(const std::vector<AnswerRecord>& records, const AnswerRecord& wanted) {
    return std::ranges::any_of(
        records, [&](const AnswerRecord& each) { return each.type == wanted.type && equal(each.rdata, wanted.rdata); });
}

/// Behind a CNAME of the policy may stand the addresses of its target, which are not judged.
bool belongs_behind_alias(const policy::Cell& cell, RrType asked, const AnswerRecord& record) {
    return cell.answer == AnswerMode::Cname && record.type == asked && (asked == RrType::A || asked == RrType::AAAA);
}

/// What is wrong with a sinkhole answer beside what observation_to_text() shows; nullopt: nothing is.
std::optional<std::string> fault_of(const policy::Cell& cell, RrType type, const Observation& seen) {
    if (seen.outcome != Outcome::Answered || seen.truncated || seen.rcode != expected_rcode(cell)) return "";
    const auto wanted = expected_records(cell, type);
    for (const AnswerRecord& record : wanted)
        if (!has_record(seen.answers, record)) return "";
    for (const AnswerRecord& record : seen.answers)
        if (!has_record(wanted, record) && !belongs_behind_alias(cell, type, record)) return "";
    if (!has_error(seen, cell.ede)) return "";
    if (wanted.empty() && cell.answer != AnswerMode::Refused && !seen.has_soa) return ", without a SOA";
    if (seen.authenticated) return ", with AD";
    return std::nullopt;
}

bool is_sinkhole_address(const AnswerRecord& record, const policy::SinkholeOptions& sinkhole) {
    const auto is = [&record](const IpAddress& address) {
        const auto& octets = address.octets();
        return record.type == RrType::A ? address.is_v4() && equal(ByteView(octets).subspan(12), record.rdata)
                                        : !address.is_v4() && equal(octets, record.rdata);
    };
    if (record.type != RrType::A && record.type != RrType::AAAA) return false;
    if (is(IpAddress::v4({0, 0, 0, 0})) || is(IpAddress())) return true;
    return (sinkhole.ipv4 && is(*sinkhole.ipv4)) || (sinkhole.ipv6 && is(*sinkhole.ipv6));
}

bool looks_sinkholed(const Observation& seen, const policy::SinkholeOptions& sinkhole) {
    for (const auto code : {wire::EdeCode::Blocked, wire::EdeCode::Censored, wire::EdeCode::Filtered})
        if (has_error(seen, code)) return true;
    return std::ranges::any_of(seen.answers,
                               [&](const AnswerRecord& record) { return is_sinkhole_address(record, sinkhole); });
}

std::string got_text(const Observation& seen) {
    std::string text = observation_to_text(seen);
    if (seen.outcome == Outcome::Answered) text += ", " + errors_to_text(seen.errors);
    return text;
}

Finding finding_of_open(Expectation::Kind kind, const Observation& seen, const policy::SinkholeOptions& sinkhole) {
    if (seen.outcome != Outcome::Answered || looks_sinkholed(seen, sinkhole)) return Finding::Deviates;
    if (seen.rcode == Rcode::NoError) return Finding::Holds;
    if (seen.rcode == Rcode::NXDomain && kind == Expectation::Kind::Open) return Finding::Holds;
    if (kind == Expectation::Kind::Control) return Finding::Deviates;
    return seen.rcode == Rcode::ServFail ? Finding::Unresolved : Finding::Deviates;
}

}  // namespace

Expectation expectation_of(const policy::Cell& cell, bool at_entry, RrType type) noexcept {
    Expectation open{.kind = Expectation::Kind::Open, .cell = nullptr, .type = type};
    if (!cell.is_sinkholed()) return open;
    // DS is data of the parent zone (RFC 4035 §3.1.4.1), and a validator needs it where a name below is open.
    if (type == RrType::DS && (at_entry || cell.keep_open_below)) return open;
    return {.kind = Expectation::Kind::Sinkhole, .cell = &cell, .type = type};
}

std::string expectation_to_text(const Expectation& expectation) {
    switch (expectation.kind) {
        case Expectation::Kind::Open: return "not sinkholed";
        case Expectation::Kind::Control: return "resolves";
        case Expectation::Kind::Local: return "answered by the resolver itself";
        case Expectation::Kind::Canary: return "NXDOMAIN";
        case Expectation::Kind::Sinkhole: break;
    }
    const policy::Cell& cell = *expectation.cell;
    if (expectation.silence()) return "no answer";
    Observation like;
    like.outcome = Outcome::Answered;
    like.rcode = expected_rcode(cell);
    like.answers = expected_records(cell, expectation.type);
    return fmt::format("{}, EDE {}", observation_to_text(like), static_cast<unsigned>(cell.ede));
}

Judgement judge(const Expectation& expectation, const Observation& observation,
                const policy::SinkholeOptions& sinkhole) {
    using Kind = Expectation::Kind;
    Finding finding = Finding::Holds;
    std::string more;
    switch (expectation.kind) {
        case Kind::Open:
        case Kind::Control: finding = finding_of_open(expectation.kind, observation, sinkhole); break;
        case Kind::Local:
            if (observation.outcome != Outcome::Answered) finding = Finding::Deviates;
            break;
        case Kind::Canary:
            if (observation.outcome != Outcome::Answered || observation.rcode != Rcode::NXDomain)
                finding = Finding::Deviates;
            break;
        case Kind::Sinkhole:
            if (expectation.silence()) {
                if (observation.outcome == Outcome::Answered) finding = Finding::Deviates;
            } else if (auto fault = fault_of(*expectation.cell, expectation.type, observation)) {
                finding = Finding::Deviates;
                more = std::move(*fault);
            }
            break;
    }
    if (finding != Finding::Deviates && observation.outcome == Outcome::Answered && !observation.same_question) {
        finding = Finding::Deviates;
        more = ", with another question";
    }
    if (finding == Finding::Holds) return {};
    return {finding, got_text(observation) + more};
}

}  // namespace cenote::proof
