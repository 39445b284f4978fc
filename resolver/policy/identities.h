// SPDX-License-Identifier: Apache-2.0
//
// Which identities a policy has: the sets of groups into which certificates and tokens put a client, beside the groups
// of its address.
//
// An identity is a set of reasons, each a group and how a client came into it. The sets are found when the policy is
// built: those of one name or one token, and what two of them, three, and so on make together, as far as there is
// room. A class of clients is a pair of an address class and an identity, so that a decision needs no other work than
// without identities.
//
// The number of an identity stays the same in the policies that follow, so that a query that waits for upstream keeps
// its groups over a reload. Who has the identity is found again whenever generation() changes.
//
// Threads:  built once, immutable. identify(), has_token() and offset_of() are data plane; identify() compares names
//           and is for the beginning of a connection, not for each query.
// Memory:   kIdentitiesMax sets, the patterns and the digests of the tokens.
// Failure:  build() gives an Error when the groups alone are more than there is room for.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "resolver/base/result.h"
#include "resolver/policy/access_token.h"
#include "resolver/policy/certificate_name.h"
#include "resolver/policy/options.h"
#include "resolver/policy/verdict.h"

namespace cenote::policy {

class Identities {
public:
    static constexpr std::size_t kIdentitiesMax = 1024;
    static constexpr std::size_t kClassesMax = 1U << 17;

    Identities() = default;  // of a policy without any
    /// For so many address classes. `before`: of the policy before this one, or nullptr.
    static Result<Identities> build(const Options& options, const Identities* before, std::size_t address_classes);

    /// The identity of a client with these names in its certificate, and this token (nullptr: none). None for names
    /// and a token in no group, and for groups that are too many together.
    [[nodiscard]] Identity identify(std::span<const CertificateName> names, const TokenDigest* token) const;
    [[nodiscard]] bool has_token(const TokenDigest& token) const noexcept;
    /// What the identity adds to the number of an address class. 0 for an identity that this policy does not have.
    [[nodiscard]] std::uint32_t offset_of(Identity identity) const noexcept {
        const auto number = static_cast<std::size_t>(identity);
        return number < offsets_.size() ? offsets_[number] : 0;
    }
    /// Another number: who has which identity may have changed.
    [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }

    /// How many there are; their columns begin at 1.
    [[nodiscard]] std::size_t count() const noexcept { return sets_.size(); }
    /// The column with this group and the fewest others; 0: there is none.
    [[nodiscard]] std::size_t column_with(std::uint32_t group) const;
    [[nodiscard]] Identity identity_at(std::size_t column) const { return Identity{numbers_[column - 1]}; }
    /// The groups of a column, as indices, ascending.
    [[nodiscard]] std::vector<std::uint32_t> groups_of(std::size_t column) const;
    /// "certificate lab", "certificate lab, token guests"; the same as long as groups keep their ids.
    [[nodiscard]] const std::string& text_of(std::size_t column) const { return texts_[column - 1]; }
    /// Groups that one client may be in by its certificate and its token, at least; 0: there is no limit.
    [[nodiscard]] std::size_t together() const noexcept { return together_; }

private:
    /// A group, and how a client came into it: the index of the group times two, plus one for a token.
    using Reason = std::uint32_t;
    using Reasons = std::vector<Reason>;  // ascending
    using Texts = std::map<std::string, std::uint16_t>;

    void read_groups(const Options& options);
    [[nodiscard]] std::vector<Reasons> singles() const;
    bool add_unions(const std::vector<Reasons>& singles, std::size_t room);
    void number(const Options& options, const Identities* before, std::size_t address_classes);
    [[nodiscard]] const std::pair<TokenDigest, Reason>* find(const TokenDigest& token) const noexcept;

    std::vector<std::pair<CertificateName, Reason>> patterns_;
    std::vector<std::pair<TokenDigest, Reason>> tokens_;  // by digest
    std::map<Reasons, std::size_t> sets_;                 // to their columns
    std::vector<Reasons> columns_;
    std::vector<std::string> texts_;
    std::vector<std::uint16_t> numbers_;  // by column
    std::vector<std::uint32_t> offsets_;  // by number
    Texts known_;                         // numbers by text, also of policies before
    std::uint64_t generation_ = 0;
    std::size_t together_ = 0;
};

/// The holder of a certificate or of a token, as a person writes it: "token:GROUP", or a name in the certificate.
struct Holder {
    std::vector<std::uint32_t> groups;    // indices, ascending; by the identity alone
    std::string text;                     // "a certificate for pc7.lab.agency.example"
    std::optional<CertificateName> name;  // in the certificate; nullopt: a token
    std::string typed{};                  // the name in the certificate, or the group of the token, as it was typed
};
[[nodiscard]] Result<Holder> find_holder(const Options& options, std::string_view text);

}  // namespace cenote::policy
