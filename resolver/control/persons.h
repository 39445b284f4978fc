// SPDX-License-Identifier: Apache-2.0
//
// Users by their names: the rights that a name in a document has on this machine. Control plane.
//
// Threads: any; a look-up in the user database blocks, where that is on the network.
// Memory: values.   Failure: a name that is not in the database has no right.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "resolver/control/control.h"
#include "resolver/control/options.h"

namespace cenote::control {

/// Whether a user of this name may approve exceptions here.
[[nodiscard]] bool may_approve(const std::string& name, const Options& options);
/// Whether a user of this name may read, and so ask for exceptions, here.
[[nodiscard]] bool may_look(const std::string& name, const Options& options);

/// A user as it was identified once, to be looked up again.
struct Person {
    std::uint32_t uid = 0;
    std::uint32_t gid = 0;
    std::string actor;

    friend bool operator==(const Person&, const Person&) = default;
};
/// The user of this name; nullopt: there is none.
[[nodiscard]] std::optional<Person> person_named(const std::string& name);
/// The rights that a person has here at this moment, but none beyond reading and inspecting.
[[nodiscard]] Peer as_reader(const Person& person, const Options& options);

}  // namespace cenote::control
