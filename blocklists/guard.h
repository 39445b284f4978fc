// SPDX-License-Identifier: Apache-2.0
//
// Names and addresses that may not be sinkholed, and whether a rule of a list would do that.
//
// Threads:  built once, then read by any thread.
// Memory:   a hash table over the guarded names and the names above them.
// Failure:  none.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "blocklists/dialects.h"
#include "resolver/domainset/address_guard.h"
#include "resolver/domainset/domain_set.h"
#include "resolver/wire/name.h"

namespace cenote::blocklists {

class Guard {
public:
    enum class Reach : std::uint8_t { NameOnly, NameAndBelow };

    /// `why` continues the sentence "'x.example' may not be sinkholed: it is …".
    void add(const wire::Name& name, Reach reach, std::string why);
    void set_addresses(domainset::AddressGuard addresses) { addresses_ = std::move(addresses); }

    /// Why an entry may not be taken; nullopt when it may. Public suffixes of the ICANN section are always guarded.
    [[nodiscard]] std::optional<std::string> why_not(const wire::Name& name, domainset::MatchKind kind) const;
    /// The same of a rule, whatever its trigger. Exceptions may always be taken.
    [[nodiscard]] std::optional<std::string> why_not(const Rule& rule) const;

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

    [[nodiscard]] const Place* find(ByteView wire) const;

    std::vector<Guarded> guarded_;
    std::unordered_map<std::string, Place, Hash, std::equal_to<>> places_;
    bool any_with_below_ = false;
    domainset::AddressGuard addresses_;
};

}  // namespace cenote::blocklists
