// SPDX-License-Identifier: Apache-2.0
#include "tests/support/zone_catalogue.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "resolver/base/fd.h"
#include "tests/support/places.h"

namespace cenote::testing_support {

std::string read_from_catalogue(const std::string& file, const std::map<std::string, std::string>& values) {
    const auto read = read_file(source_folder() / "tests" / "zones" / file, 1 << 20);
    if (!read) {
        ADD_FAILURE() << read.error().text;
        return {};
    }
    static const std::regex kPlace("\\{([a-z_]+)\\}");
    std::set<std::string> unused;
    for (const auto& [name, value] : values) unused.insert(name);
    std::string text;
    auto rest = read->begin();
    for (std::sregex_iterator place(read->begin(), read->end(), kPlace), end; place != end; ++place) {
        text.append(rest, (*place)[0].first);
        rest = (*place)[0].second;
        const std::string name = (*place)[1];
        unused.erase(name);
        if (const auto value = values.find(name); value != values.end())
            text += value->second;
        else
            ADD_FAILURE() << file << ": the place " << name << " has no value";
    }
    text.append(rest, read->end());
    for (const std::string& name : unused) ADD_FAILURE() << file << " has no place " << name;
    return text;
}

}  // namespace cenote::testing_support
