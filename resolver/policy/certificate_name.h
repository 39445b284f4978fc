// SPDX-License-Identifier: Apache-2.0
//
// Names of client certificates, and the patterns of [[group]].certificates for them: a dNSName, an rfc822Name or a URI
// of the subjectAltName (RFC 5280 §4.2.1.6). In a pattern `*` stands for one whole label: of a host name, of the path
// of a URI, or for all in front of the `@`.
//
// Host names and schemes are compared without case. The part in front of `@` and the path of a URI are compared as they
// are (RFC 5280 §7.4, §7.5).
//
// Threads:  plain values.
// Memory:   the labels.
// Failure:  parse() gives an Error that shows how to write it; of_certificate() gives nullopt for a name that
//           identifies no one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/result.h"

namespace cenote::policy {

class CertificateName {
public:
    enum class Kind : std::uint8_t { Dns, Email, Uri };

    /// A name as a certificate has it. nullopt: empty, too long, with other bytes than visible ASCII (a zero byte among
    /// them), or with a wildcard of its own, which is a name of many.
    static std::optional<CertificateName> of_certificate(Kind kind, std::string_view text);
    /// A pattern as an administrator types it; its form shows its kind.
    static Result<CertificateName> parse_pattern(std::string_view text);
    /// A name as a person types it; its form shows its kind.
    static Result<CertificateName> parse_name(std::string_view text);

    /// Whether each name that `other` stands for is one that this pattern stands for.
    [[nodiscard]] bool covers(const CertificateName& other) const noexcept;

    friend bool operator==(const CertificateName&, const CertificateName&) = default;

private:
    /// What stands in front of a label.
    enum class Before : std::uint8_t { Nothing, Dot, At, Host, Slash, Colon };
    struct Label {
        Before before = Before::Nothing;
        std::string text;

        friend bool operator==(const Label&, const Label&) = default;
    };

    explicit CertificateName(Kind kind) noexcept : kind_(kind) {}
    static std::optional<CertificateName> split(Kind kind, std::string_view text);
    void add(Before before, std::string_view text);
    void add_all(Before first, Before next, char separator, std::string_view text);
    void add_uri(std::string_view text);
    [[nodiscard]] bool has_wildcard() const noexcept;

    Kind kind_;
    std::vector<Label> labels_;
};

}  // namespace cenote::policy
