// SPDX-License-Identifier: Apache-2.0
//
// Whether an entry, a copy of a list, the catalogue, or a change of a zone is accepted: every reason for a refusal.
//
// An entry is refused that would sinkhole what may not be sinkholed (Guard). The first copy of a list is taken without
// such entries. A later copy, one with a last good copy before it, is refused whole when it adds such an entry, when it
// lost or gained too large a share of its entries, when it newly sinkholes more than a few popular names, or when its
// signature is older; the last good copy then serves. Its address rules together may not cover too much of the address
// space; that holds for a first copy as well. The catalogue is compared with the one before it in the same way; when it
// is refused nothing is compiled. A change of a zone goes into the set's delta only where none of these checks applies.
//
// Threads:  built once, then read by any thread. Control plane.
// Memory:   a hash table over the guarded names and the names above them; the popular names.
// Failure:  a Status with the reason for the refusal.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "blocklists/catalogue.h"
#include "blocklists/manifest.h"
#include "blocklists/popular.h"
#include "resolver/domainset/address_guard.h"
#include "resolver/domainset/domain_set.h"
#include "resolver/wire/name.h"

namespace cenote::blocklists {

class ListCopy;

/// Names and addresses that may not be sinkholed. Public suffixes of the ICANN section are always among them.
class Guard {
public:
    enum class Reach : std::uint8_t { NameOnly, NameAndBelow };

    /// `why` continues the sentence "'x.example' may not be sinkholed: it is …".
    void add(const wire::Name& name, Reach reach, std::string why);
    void set_addresses(domainset::AddressGuard addresses) { addresses_ = std::move(addresses); }

    [[nodiscard]] Status check_name(const wire::Name& name, domainset::MatchKind kind) const;
    /// Of any trigger. Exceptions are always accepted.
    [[nodiscard]] Status check_rule(const Rule& rule) const;

private:
    struct Guarded {
        std::string name;
        std::string why;
        Reach reach;
    };
    struct Place {
        std::optional<std::size_t> itself;   // into guarded_
        std::optional<std::size_t> covered;  // a guarded name below
    };
    struct Hash : std::hash<std::string_view> {
        using is_transparent = void;
    };

    [[nodiscard]] const Place* find_place(ByteView wire) const;

    std::vector<Guarded> guarded_;
    std::unordered_map<std::string, Place, Hash, std::equal_to<>> places_;
    bool any_with_below_ = false;
    domainset::AddressGuard addresses_;
};

/// What `protect`, routes, local names and the catalogue's shared names guard.
[[nodiscard]] Guard guard_of(const Manifest& manifest, const Catalogue& catalogue);

class Acceptance {
public:
    Acceptance(Guard guard, Popular popular, const AcceptanceLimits& limits, bool force)
        : guard_(std::move(guard)), popular_(std::move(popular)), limits_(limits), force_(force) {}
    /// An Error: the file of popular names cannot be read.
    static Result<Acceptance> of(const Manifest& manifest, const Catalogue& catalogue);

    /// nullptr: the operator takes every entry by force.
    [[nodiscard]] const Guard* guard() const noexcept { return force_ ? nullptr : &guard_; }
    /// An entry of the catalogue.
    [[nodiscard]] Status check_service_name(const wire::Name& name) const;
    /// A copy against the last good one; nullptr: there is none.
    [[nodiscard]] Status check_copy(const ListCopy* before, const ListCopy& now) const;
    /// The same with the signature's time, as a sentence about the list.
    [[nodiscard]] Status check_list(const Manifest::List& list, const ListCopy* before, const ListCopy& now) const;
    [[nodiscard]] Status check_catalogue(const ListCopy& before, const ListCopy& now) const;

    /// Whether so many changed entries of a list that has `entries` may go into the delta.
    [[nodiscard]] bool delta_takes(std::size_t changed, std::size_t entries) const noexcept;
    /// Whether a delta of so many names is small enough.
    [[nodiscard]] bool delta_holds(std::size_t names) const noexcept { return names <= limits_.delta_names_max; }
    /// Whether a rule may come or go by a delta: it is about a name that is neither guarded nor popular.
    [[nodiscard]] bool delta_changes(const Rule& rule) const;
    /// Whether a rule may stand beside what a delta changes: likewise, but popular names are no concern.
    [[nodiscard]] bool delta_knows(const Rule& rule) const;

private:
    [[nodiscard]] Status check_guarded(const ListCopy& before, const ListCopy& now) const;
    [[nodiscard]] Status check_size(const ListCopy& before, const ListCopy& now) const;
    [[nodiscard]] Status check_popular(const ListCopy& before, const ListCopy& now) const;
    [[nodiscard]] static Status check_address_space(const ListCopy* before, const ListCopy& now);

    Guard guard_;
    Popular popular_;
    AcceptanceLimits limits_;
    bool force_ = false;
};

}  // namespace cenote::blocklists
