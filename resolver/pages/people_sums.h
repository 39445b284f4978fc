// SPDX-License-Identifier: Apache-2.0
//
// Adds the people of a range to its numbers: episodes of each day, and different clients. Private to pages.
//
// Clients of several months have sketches of several seeds, which cannot be merged: the most of one month is told, so
// that the number is a least one.
//
// Threads: one.   Memory: a sketch for each service, group and pair of them.   Failure: that of the scan.
#pragma once

#include <functional>

#include "resolver/history/scan.h"
#include "resolver/pages/past.h"

namespace cenote::pages {

/// Whether an id is one of a service.
using IsService = std::function<bool(history::IdNumber id)>;

/// Numbers of few people are hidden, and others with them where a subtraction would give them away. What is hidden does
/// not depend on the filters of the range: no filter shows what is hidden without it. A directive as a filter has no
/// people.
Status add_people(Past& past, history::Scan& scan, const IsService& is_service);

}  // namespace cenote::pages
