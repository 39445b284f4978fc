// SPDX-License-Identifier: Apache-2.0
#include "blocklists/gaps.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace cenote::blocklists {
namespace {

std::vector<std::string> split(std::string_view text, char at) {
    std::vector<std::string> parts;
    while (true) {
        const auto end = text.find(at);
        parts.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

/// The parts of a label between hyphens, without those that are numbers or single letters.
std::vector<std::string> words_of(std::string_view label) {
    auto words = split(label, '-');
    std::erase_if(words, [](const std::string& word) {
        return word.size() < 2 || word.find_first_not_of("0123456789") == std::string::npos;
    });
    return words;
}

bool have_a_word_in_common(std::string_view a, std::string_view b) {
    const auto words = words_of(b);
    const auto mine = words_of(a);
    return std::any_of(mine.begin(), mine.end(), [&](const std::string& word) {
        return std::find(words.begin(), words.end(), word) != words.end();
    });
}

bool is_shared_or_below(const Catalogue& catalogue, const wire::Name& name) {
    return std::any_of(catalogue.shared.begin(), catalogue.shared.end(),
                       [&](const SharedName& shared) { return name.is_below_or_equal(shared.name); });
}

/// The name above both, where they differ in one label only.
std::optional<std::string> name_above(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    if (a.size() != b.size()) return std::nullopt;
    const auto differ = std::mismatch(a.begin(), a.end(), b.begin());
    if (differ.first == a.end() || !std::equal(differ.first + 1, a.end(), differ.second + 1)) return std::nullopt;
    if (differ.first == a.begin() && !have_a_word_in_common(a.front(), b.front())) return std::nullopt;
    std::string above;
    for (auto label = differ.first + 1; label != a.end(); ++label) above += (above.empty() ? "" : ".") + *label;
    return above;
}

bool is_known(const Catalogue& catalogue, const wire::Name& name) {
    const bool shared = std::any_of(catalogue.shared.begin(), catalogue.shared.end(),
                                    [&](const SharedName& each) { return each.name == name; });
    return shared || std::any_of(catalogue.services.begin(), catalogue.services.end(), [&](const Service& service) {
               return std::any_of(service.domains.begin(), service.domains.end(),
                                  [&](const ServiceDomain& domain) { return name.is_below_or_equal(domain.name); });
           });
}

}  // namespace

std::optional<Gap> find_gap(const Catalogue& catalogue, const wire::Name& name) {
    if (is_known(catalogue, name)) return std::nullopt;
    const auto labels = split(name.to_string(), '.');
    for (const Service& service : catalogue.services)
        for (const ServiceDomain& domain : service.domains) {
            if (domain.name.labels() != name.labels()) continue;
            const auto above = name_above(labels, split(domain.name.to_string(), '.'));
            const auto zone = above ? wire::Name::parse(*above) : std::nullopt;
            if (zone && is_shared_or_below(catalogue, *zone)) return Gap{domain.name, service.id};
        }
    return std::nullopt;
}

}  // namespace cenote::blocklists
