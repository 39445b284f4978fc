// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/cells.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/policy/resolve.h"

namespace cenote::policy {
namespace {

constexpr std::array<std::uint8_t, 16> kUnspecified{};

std::vector<std::uint8_t> rdata_of(const IpAddress& ip) {
    if (!ip.is_v4()) return {ip.octets().begin(), ip.octets().end()};
    const auto octets = ip.v4_octets();
    return {octets.begin(), octets.end()};
}

/// The domain of a directive that names exactly one and no addresses; else nullptr.
const Target* only_domain(const Directive& directive) {
    const Target* found = nullptr;
    for (const Target& target : directive.targets) {
        if (target.kind != Target::Kind::Domain && target.kind != Target::Kind::Address) continue;
        if (found != nullptr || target.kind == Target::Kind::Address) return nullptr;
        found = &target;
    }
    return found;
}

std::uint32_t ttl_of(const SinkholeOptions& sinkhole) {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(sinkhole.ttl.count(), 0, INT32_MAX));  // RFC 2181 §8
}

}  // namespace

CellMaker::CellMaker(const Options& options, const domainset::DomainSet* base, const Moment& moment,
                     std::uint32_t version)
    : options_(options), base_(base), moment_(moment), version_(version), soas_(options.directives.size()) {
    const SinkholeOptions& sinkhole = options.sinkhole;
    if (sinkhole.ipv4) ipv4_ = keep_alive(rdata_of(*sinkhole.ipv4));
    if (sinkhole.ipv6) ipv6_ = keep_alive(rdata_of(*sinkhole.ipv6));
    if (sinkhole.cname) cname_ = keep_alive(std::vector(sinkhole.cname->wire().begin(), sinkhole.cname->wire().end()));
    add_cell(Cell{}, {});
}

CellId CellMaker::cell_of(std::uint32_t directive, std::uint32_t source, const Manner& manner) {
    const Directive& by = options_.directives[directive];
    const AnswerMode answer = by.answer.value_or(manner.answer);
    const Phrases& phrases = phrases_for(options_.phrases, manner.language);
    const auto [known, is_new] =
        known_.try_emplace({directive, source, &phrases, reason_in(by, manner.language), answer}, CellId{0});
    if (!is_new) return known->second;
    known->second = static_cast<CellId>(cells_.cells_.size());

    Cell cell;
    cell.step = moment_.phases[directive].step;
    cell.answer = answer;
    cell.ede = by.mandated_by.empty() ? wire::EdeCode::Blocked : wire::EdeCode::Censored;
    cell.service = source;
    cell.directive = directive;
    cell.ttl_s = ttl_of(options_.sinkhole);
    if (cell.step >= Step::Restrict) {  // the steps below answer normally and need no texts
        const std::string subject = subject_of(by, source, phrases);
        add_records(cell);
        add_texts({.subject = subject,
                   .directive = &by,
                   .step = cell.step,
                   .until = &moment_.opens[directive],
                   .language = manner.language,
                   .phrases = &phrases},
                  cell);
    }
    add_cell(cell, {.strength = moment_.strength[directive], .waived = 0});
    return known->second;
}

CellId CellMaker::cell_without(std::uint32_t directive, std::uint32_t source, std::uint32_t exception, CellId left) {
    const std::uint32_t strength = cells_.strength(left);
    const auto [known, is_new] = opened_.try_emplace({directive, source, exception, strength}, CellId{0});
    if (!is_new) return known->second;
    known->second = static_cast<CellId>(cells_.cells_.size());
    Cell cell;
    cell.service = source;
    cell.directive = directive;
    cell.exception = exception;
    cell.ttl_s = ttl_of(options_.sinkhole);
    add_cell(cell, {.strength = strength, .waived = moment_.strength[directive]});
    return known->second;
}

/// Four cells: the plain verdict, the allowed one, the one with a name open below it, and the one with both.
void CellMaker::add_cell(const Cell& cell, const Rank& rank) {
    for (CellId flags = 0; flags <= kFlags; ++flags) {
        Cell& each = cells_.cells_.emplace_back(cell);
        each.allowed = (flags & kAllowed) != 0;
        each.keep_open_below = (flags & kOpenBelow) != 0;
    }
    cells_.ranks_.push_back(rank);
}

void CellMaker::add_texts(const Notice& notice, Cell& cell) {
    cell.text = keep_alive(sentence(notice));
    cell.structured = keep_alive(structured_error(notice, cell.ede, Detail::Full));
    cell.structured_short = keep_alive(structured_error(notice, cell.ede, Detail::Short));
    cell.soa_rdata = soa_of(cell.directive);
    const bool explains = cell.answer == AnswerMode::Null || cell.answer == AnswerMode::Address;
    if (options_.sinkhole.txt_reason && explains) cell.txt_rdata = keep_alive(explaining_txt(notice, cell));
}

void CellMaker::add_records(Cell& cell) const {
    switch (cell.answer) {
        case AnswerMode::Null:
            cell.ipv4 = ByteView(kUnspecified).first(4);
            cell.ipv6 = kUnspecified;
            break;
        case AnswerMode::Address:
            cell.ipv4 = ipv4_;
            cell.ipv6 = ipv6_;
            break;
        case AnswerMode::Cname: cell.cname = cname_; break;
        case AnswerMode::Nodata:
        case AnswerMode::Nxdomain:
        case AnswerMode::Refused:
        case AnswerMode::Drop: break;
    }
}

std::string CellMaker::subject_of(const Directive& directive, std::uint32_t source, const Phrases& phrases) const {
    if (source != Cell::kNone) return policy::subject_of(base_->sources()[source], phrases);
    const Target* domain = only_domain(directive);
    return domain != nullptr ? domain->domain->to_string() : phrases.name;
}

/// A string for programs, and behind it the sentence for people.
std::vector<std::uint8_t> CellMaker::explaining_txt(const Notice& notice, const Cell& cell) const {
    const std::uint32_t source = cell.service;
    const Target* rule = only_domain(*notice.directive);
    std::string text = fmt::format("cenote directive={}", notice.directive->id);
    if (source != Cell::kNone) {
        const domainset::Source& hit = base_->sources()[source];
        rule = target_that_takes(*notice.directive, hit);
        if (hit.kind == domainset::SourceKind::Service) text += fmt::format(" service={}", hit.id);
    }
    if (rule != nullptr) text += fmt::format(" rule={}", target_to_text(*rule));
    if (!notice.until->stamp.empty()) text += fmt::format(" until={}", notice.until->stamp);
    std::vector<std::uint8_t> strings = txt_rdata(cut_utf8(text, kTxtStringMax));
    const std::vector<std::uint8_t> for_people = txt_rdata(cell.text);
    strings.insert(strings.end(), for_people.begin(), for_people.end());
    return strings;
}

ByteView CellMaker::soa_of(std::uint32_t directive) {
    ByteView& soa = soas_[directive];
    if (soa.empty())
        soa = keep_alive(
            soa_rdata(options_.node, options_.directives[directive].contact, version_, ttl_of(options_.sinkhole)));
    return soa;
}

std::string_view CellMaker::keep_alive(std::string text) { return cells_.texts_.emplace_back(std::move(text)); }
ByteView CellMaker::keep_alive(std::vector<std::uint8_t> rdata) { return cells_.rdata_.emplace_back(std::move(rdata)); }

}  // namespace cenote::policy
