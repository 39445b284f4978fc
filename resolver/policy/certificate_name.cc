// SPDX-License-Identifier: Apache-2.0
#include "resolver/policy/certificate_name.h"

#include <fmt/format.h>

#include <algorithm>

#include "resolver/base/ascii.h"
#include "resolver/base/letter_case.h"

namespace cenote::policy {
namespace {

constexpr std::size_t kTextMax = 255;
constexpr std::string_view kWildcard{"*"};
constexpr std::string_view kHint{
    "write a name of the subjectAltName, as in \"*.lab.agency.example\", \"*@lab.agency.example\" or "
    "\"spiffe://agency.example/lab/*\""};

bool is_visible(std::string_view text) noexcept {
    return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

bool is_host_label(std::string_view text) noexcept {
    return !text.empty() &&
           std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '-' || c == '_'; });
}

CertificateName::Kind kind_of(std::string_view text) noexcept {
    if (text.find("://") != std::string_view::npos || text.starts_with("urn:")) return CertificateName::Kind::Uri;
    return text.find('@') != std::string_view::npos ? CertificateName::Kind::Email : CertificateName::Kind::Dns;
}

}  // namespace

void CertificateName::add(Before before, std::string_view text) {
    std::string kept(text);
    const bool is_folded = before == Before::Dot || before == Before::At || before == Before::Host ||
                           (before == Before::Nothing && kind_ != Kind::Email);
    if (is_folded) std::ranges::transform(kept, kept.begin(), [](char c) { return fold_case(c); });
    labels_.push_back({before, std::move(kept)});
}

void CertificateName::add_all(Before first, Before next, char separator, std::string_view text) {
    for (Before before = first;; before = next) {
        const std::size_t end = std::min(text.find(separator), text.size());
        add(before, text.substr(0, end));
        if (end == text.size()) return;
        text.remove_prefix(end + 1);
    }
}

/// scheme://host/segments, or what is between colons (RFC 8141).
void CertificateName::add_uri(std::string_view text) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    add(Before::Nothing, text.substr(0, colon));
    text.remove_prefix(std::min(colon + 1, text.size()));
    if (!text.starts_with("//")) return add_all(Before::Colon, Before::Colon, ':', text);
    text.remove_prefix(2);
    const std::size_t path = std::min(text.find('/'), text.size());
    add_all(Before::Host, Before::Dot, '.', text.substr(0, path));
    if (path < text.size()) add_all(Before::Slash, Before::Slash, '/', text.substr(path + 1));
}

std::optional<CertificateName> CertificateName::split(Kind kind, std::string_view text) {
    if (text.empty() || text.size() > kTextMax || !is_visible(text)) return std::nullopt;
    CertificateName name(kind);
    const std::size_t at = text.rfind('@');
    switch (kind) {
        case Kind::Dns: name.add_all(Before::Nothing, Before::Dot, '.', text); break;
        case Kind::Uri: name.add_uri(text); break;
        case Kind::Email:
            if (at == std::string_view::npos) return std::nullopt;
            name.add(Before::Nothing, text.substr(0, at));
            name.add_all(Before::At, Before::Dot, '.', text.substr(at + 1));
            break;
    }
    for (const Label& label : name.labels_) {
        const bool is_host = label.before == Before::Dot || label.before == Before::At ||
                             (label.before == Before::Nothing && kind == Kind::Dns);
        const bool may_be_empty = label.before == Before::Slash;
        if ((label.text.empty() && !may_be_empty) ||
            (is_host && kind != Kind::Uri && label.text != kWildcard && !is_host_label(label.text)))
            return std::nullopt;
    }
    return name;
}

bool CertificateName::has_wildcard() const noexcept {
    return std::ranges::any_of(labels_, [](const Label& label) { return label.text == kWildcard; });
}

std::optional<CertificateName> CertificateName::of_certificate(Kind kind, std::string_view text) {
    auto name = split(kind, text);
    if (name && name->has_wildcard()) return std::nullopt;
    return name;
}

Result<CertificateName> CertificateName::parse_name(std::string_view text) {
    if (auto name = of_certificate(kind_of(text), text)) return *std::move(name);
    return Error{
        fmt::format("'{}' is no name of a client certificate; write one as its subjectAltName has it, as in "
                    "\"pc7.lab.agency.example\"",
                    text)};
}

Result<CertificateName> CertificateName::parse_pattern(std::string_view text) {
    auto name = split(kind_of(text), text);
    if (!name) return Error{fmt::format("'{}' is no name of a client certificate; {}", text, kHint)};
    bool has_literal = false;
    for (const Label& label : name->labels_) {
        if (label.text != kWildcard && label.text.find('*') != std::string::npos)
            return Error{fmt::format("'{}': * stands for a whole label, and not for a part of one; {}", text, kHint)};
        const bool is_scheme = name->kind_ == Kind::Uri && label.before == Before::Nothing;
        if (is_scheme && label.text == kWildcard)
            return Error{fmt::format("'{}': * cannot stand for the scheme; {}", text, kHint)};
        has_literal = has_literal || (label.text != kWildcard && !is_scheme);
    }
    if (!has_literal)
        return Error{
            fmt::format("'{}' would take every certificate of this form; name the labels that they have in "
                        "common, as in \"*.lab.agency.example\"",
                        text)};
    return *std::move(name);
}

bool CertificateName::covers(const CertificateName& other) const noexcept {
    return kind_ == other.kind_ && std::ranges::equal(labels_, other.labels_, [](const Label& own, const Label& its) {
               return own.before == its.before &&
                      (own.text == its.text || (own.text == kWildcard && !its.text.empty()));
           });
}

}  // namespace cenote::policy
