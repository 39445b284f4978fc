// SPDX-License-Identifier: Apache-2.0
//
// The services, groups and directives of a report as small numbers, by the ids of the history, the catalogue and the
// policies; and which directive covers which service of which group.
//
// Threads:  one: numbers are given out as ids are met.
// Memory:   a few hundred values, and a list of directives for each service and group that occur together.
// Failure:  none.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "resolver/assessment/timeline.h"
#include "resolver/history/scan.h"

namespace cenote::assessment {

inline constexpr std::uint32_t kNobody = 0xffffffff;  // no service, no directive

struct ServiceFacts {
    std::string id;
    const domainset::Source* source = nullptr;  // nullptr: the catalogue does not have it any more
};

class Subjects {
public:
    Subjects(const Inputs& inputs, const Timeline& timeline);

    /// By the id's number in the history; kNobody for no service, and for a list.
    [[nodiscard]] std::uint32_t service(const history::Scan& scan, history::IdNumber id);
    /// kNobody for none.
    [[nodiscard]] std::uint32_t directive(const history::Scan& scan, history::IdNumber id);
    /// Clients in no group have the group "".
    [[nodiscard]] std::uint32_t group(const history::Scan& scan, history::IdNumber id);

    [[nodiscard]] const std::vector<ServiceFacts>& services() const noexcept { return services_; }
    [[nodiscard]] const std::vector<std::string>& groups() const noexcept { return groups_; }
    [[nodiscard]] const std::vector<std::string>& directives() const noexcept { return directives_; }
    /// As configured now; nullptr: there is none with this id.
    [[nodiscard]] const policy::Group* configured(std::uint32_t group) const;
    /// Its steps; nullptr: no policy that is kept has it.
    [[nodiscard]] const DirectiveLine* line(std::uint32_t directive) const;

    /// Directives that cover a service of a group at some time, whatever they do then.
    [[nodiscard]] const std::vector<std::uint32_t>& covering(std::uint32_t service, std::uint32_t group);
    [[nodiscard]] bool covers(std::uint32_t directive, std::uint32_t service) const;
    [[nodiscard]] bool is_for(std::uint32_t directive, std::uint32_t group) const;

private:
    using Numbers = std::unordered_map<std::string, std::uint32_t>;

    const Inputs& inputs_;
    const Timeline& timeline_;
    std::vector<ServiceFacts> services_;
    std::vector<std::string> groups_;
    std::vector<std::string> directives_;
    Numbers service_numbers_, group_numbers_, directive_numbers_;
    std::vector<std::uint32_t> service_of_, group_of_, directive_of_;  // by number in the history
    std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> covering_;
};

}  // namespace cenote::assessment
