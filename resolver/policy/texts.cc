// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/texts.h"

#include <fmt/format.h>

#include <algorithm>

namespace cenote::policy {
namespace {

constexpr std::uint8_t kSubErrorNetworkPolicy = 5;  // structured DNS errors §11.3: the network operator's policy
constexpr std::size_t kContactsMax = 3;
constexpr std::size_t kContactBytesMax = 100;
constexpr std::size_t kOrganisationMax = 100;
constexpr std::size_t kReasonWorthKeeping = 12;   // bytes; a shorter rest of a reason is left out
constexpr std::size_t kSubjectWorthKeeping = 24;  // bytes; before a subject is cut below them the end is left out
constexpr std::size_t kTxtBytesMax = 510;
constexpr std::string_view kEllipsis = "…";
constexpr std::string_view kMailto = "mailto:";
constexpr std::string_view kTel = "tel:";

/// The contact without its scheme and without mail header fields (RFC 6068 §2).
std::string_view plain_contact(std::string_view uri) {
    const auto colon = uri.find(':');
    if (colon != std::string_view::npos) uri.remove_prefix(colon + 1);
    return uri.substr(0, uri.find('?'));
}

/// The first mailbox, else the first contact, without its scheme.
std::string_view first_contact(const std::vector<std::string>& contact) {
    const auto mail =
        std::find_if(contact.begin(), contact.end(), [](const auto& c) { return c.starts_with(kMailto); });
    if (mail != contact.end()) return plain_contact(*mail);
    return contact.empty() ? std::string_view() : plain_contact(contact.front());
}

/// "19:00 today", "2026-12-31", "2026-12-31 19:00"; empty: no end.
std::string end_text(const Until& until, const Phrases& phrases) {
    if (until.today) return fill(phrases.today, {{"time", until.time}});
    return until.day.empty() || until.time == "24:00" ? until.day : fmt::format("{} {}", until.day, until.time);
}

std::string opening(const Notice& notice, std::string_view subject, std::string_view until) {
    const Phrases& phrases = *notice.phrases;
    const bool blocked = notice.step == Step::Block;
    const std::string& phrase = until.empty() ? (blocked ? phrases.blocked : phrases.restricted)
                                              : (blocked ? phrases.blocked_until : phrases.restricted_until);
    return fill(phrase, {{"subject", subject}, {"directive", notice.directive->id}, {"until", until}});
}

/// Shortened to `bytes_max`, which is shown by an ellipsis.
std::string shortened(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return std::string(text);
    return fmt::format("{}{}", cut_utf8(text, bytes_max - kEllipsis.size()), kEllipsis);
}

/// The opening in at most `room` bytes, with as much of the facts as fits; the id of the directive where nothing else
/// does.
std::string opening_within(const Notice& notice, std::size_t room) {
    const std::string end = end_text(*notice.until, *notice.phrases);
    for (const std::string& until : {end, std::string()}) {
        const std::size_t frame = opening(notice, {}, until).size();
        if (frame + std::min(notice.subject.size(), kSubjectWorthKeeping) > room) continue;
        return opening(notice, shortened(notice.subject, room - frame), until);
    }
    return notice.directive->id;
}

/// How many bytes of the reason go into a clause of `room` bytes.
std::size_t reason_room(const Notice& notice, std::size_t room) {
    const auto* reason = reason_in(*notice.directive, notice.language);
    const std::size_t frame = fill(notice.phrases->reason, {}).size();
    if (reason == nullptr || room < kReasonWorthKeeping + frame) return 0;
    if (reason->second.size() + frame <= room) return reason->second.size();
    return cut_utf8(reason->second, room - frame - kEllipsis.size()).size();
}

/// ": reason", cut to `room` bytes.
std::string reason_clause(const Notice& notice, std::size_t room) {
    const std::size_t bytes = reason_room(notice, room);
    if (bytes == 0) return {};
    const std::string& reason = reason_in(*notice.directive, notice.language)->second;
    std::string shown = reason.substr(0, bytes);
    if (bytes < reason.size()) shown += kEllipsis;
    return fill(notice.phrases->reason, {{"reason", shown}});
}

/// "; ask dns@agency.example"; empty: no contact is known.
std::string ask_clause(const Notice& notice) {
    const std::string_view contact = first_contact(notice.directive->contact);
    return contact.empty() ? std::string() : fill(notice.phrases->ask, {{"contact", contact}});
}

std::size_t room_beside(std::size_t bytes) { return bytes < kTextMax ? kTextMax - bytes : 0; }

/// The language of the sentence: that of the phrases, or of the reason where the phrases are in English for want of
/// others.
std::string_view language_of(const Notice& notice) {
    if (primary_language(notice.phrases->language) == primary_language(notice.language))
        return notice.phrases->language;
    const auto* reason = reason_in(*notice.directive, notice.language);
    return reason != nullptr ? std::string_view(reason->first) : std::string_view(notice.phrases->language);
}

/// A JSON string (RFC 8259 §7). I-JSON requires UTF-8 (RFC 7493 §2.1), and configuration files are UTF-8.
std::string json_string(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<unsigned char>(c) < 0x20) {
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        } else {
            out += c;
        }
    }
    return out + '"';
}

/// Only mailto: and tel: are registered as contacts (structured DNS errors §11.3).
std::string contact_array(const std::vector<std::string>& contact) {
    std::string out;
    std::size_t count = 0;
    for (const std::string& uri : contact) {
        if (!(uri.starts_with(kMailto) || uri.starts_with(kTel)) || uri.size() > kContactBytesMax) continue;
        if (count++ == kContactsMax) break;
        out += (out.empty() ? "" : ",") + json_string(uri);
    }
    return out.empty() ? out : "[" + out + "]";
}

/// "dns.team@agency.example" as a name whose first label is the local part, dots and all (RFC 1035 §3.3.13).
std::optional<wire::Name> mailbox_name(std::string_view address) {
    const auto at = address.rfind('@');
    if (at == std::string_view::npos || at == 0) return std::nullopt;
    std::string label;
    for (const char c : address.substr(0, at)) {
        if (c == '.' || c == '\\') label += '\\';
        label += c;
    }
    return wire::Name::parse(label + "." + std::string(address.substr(at + 1)));
}

wire::Name responsible(const std::vector<std::string>& contact, const wire::Name& node) {
    for (const std::string& uri : contact) {
        if (!uri.starts_with(kMailto)) continue;
        if (const auto mailbox = mailbox_name(plain_contact(uri))) return *mailbox;
    }
    return wire::Name::parse("hostmaster." + node.to_string()).value_or(node);
}

wire::Name node_name(std::string_view node) {
    const auto name = wire::Name::parse(node);
    if (name && name->labels() != 0) return *name;
    return wire::Name::parse("cenote.invalid").value_or(wire::Name());
}

void append(std::vector<std::uint8_t>& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

}  // namespace

std::string_view cut_utf8(std::string_view text, std::size_t bytes_max) noexcept {
    if (text.size() <= bytes_max) return text;
    while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0) == 0x80) --bytes_max;
    return text.substr(0, bytes_max);
}

std::string subject_of(const domainset::Source& source, const Phrases& phrases) {
    if (source.kind == domainset::SourceKind::List) return fill(phrases.listed, {{"list", source.id}});
    return source.name.empty() ? source.id : source.name;
}

const std::pair<std::string, std::string>* reason_in(const Directive& directive, std::string_view language) noexcept {
    const auto& reasons = directive.reason;
    for (const std::string_view wanted : {language, language.substr(0, language.find('-')), std::string_view("en")}) {
        const auto found =
            std::find_if(reasons.begin(), reasons.end(), [&](const auto& r) { return r.first == wanted; });
        if (found != reasons.end()) return &*found;
    }
    return reasons.empty() ? nullptr : &reasons.front();
}

std::string sentence(const Notice& notice) {
    const std::string tail = ask_clause(notice);
    std::string head = opening_within(notice, room_beside(tail.size()));
    head += reason_clause(notice, room_beside(head.size() + tail.size()));
    return std::string(cut_utf8(head + tail, kTextMax));
}

std::size_t reason_bytes_shown(const Notice& notice) {
    const std::string tail = ask_clause(notice);
    return reason_room(notice, room_beside(opening_within(notice, room_beside(tail.size())).size() + tail.size()));
}

std::string structured_error(const Notice& notice, wire::EdeCode code, Detail detail) {
    const Directive& directive = *notice.directive;
    std::vector<std::string> members;
    const std::string contacts = contact_array(directive.contact);
    if (!contacts.empty()) members.push_back("\"c\":" + contacts);
    if (detail == Detail::Full) {
        std::string text = opening_within(notice, kTextMax);
        text += reason_clause(notice, room_beside(text.size()));
        members.push_back("\"j\":" + json_string(cut_utf8(text, kTextMax)));
    }
    // Sub-error 5 is defined for code 15 only, and none for code 16 (§11.4 of the draft).
    if (code == wire::EdeCode::Blocked) members.push_back(fmt::format("\"s\":{}", kSubErrorNetworkPolicy));
    if (members.empty()) return {};
    if (detail == Detail::Full) {
        if (!directive.issuer.empty())
            members.push_back("\"o\":" + json_string(cut_utf8(directive.issuer, kOrganisationMax)));
        members.push_back("\"l\":" + json_string(language_of(notice)));
    }
    return fmt::format("{{{}}}", fmt::join(members, ","));
}

std::vector<std::uint8_t> soa_rdata(std::string_view node, const std::vector<std::string>& contact,
                                    std::uint32_t serial, std::uint32_t ttl_s) {
    const wire::Name primary = node_name(node);
    std::vector<std::uint8_t> out;
    append(out, primary.wire());
    append(out, responsible(contact, primary).wire());
    for (const std::uint32_t number : {serial, 3600U, 600U, 86400U, ttl_s}) {
        const std::size_t at = out.size();
        out.resize(at + 4);
        store_u32(&out[at], number);
    }
    return out;
}

std::vector<std::uint8_t> txt_rdata(std::string_view text) {
    text = cut_utf8(text, kTxtBytesMax);
    std::vector<std::uint8_t> out;
    do {
        const std::string_view piece = text.substr(0, kTxtStringMax);
        out.push_back(static_cast<std::uint8_t>(piece.size()));
        out.insert(out.end(), piece.begin(), piece.end());
        text.remove_prefix(piece.size());
    } while (!text.empty());
    return out;
}

}  // namespace cenote::policy
