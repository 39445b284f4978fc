// SPDX-License-Identifier: Apache-2.0
#include "tests/pages/html.h"

#include <regex>
#include <set>
#include <vector>

namespace cenote::pages::testing {
namespace {

const std::set<std::string> kVoid{"meta", "link", "img", "input", "br", "hr"};

std::string faults_of_attributes(const std::string& name, std::string text, std::set<std::string>& ids) {
    static const std::regex kAttribute("^\\s+([a-zA-Z0-9:-]+)(=\"([^\"<>]*)\")?");
    std::smatch found;
    while (std::regex_search(text, found, kAttribute)) {
        const std::string attribute = found[1];
        if (attribute == "style" || attribute.starts_with("on")) return name + " has the attribute " + attribute;
        if (attribute == "id" && !ids.insert(found[3]).second) return "the id " + found[3].str() + " is there twice";
        if ((attribute == "href" || attribute == "src") && found[3].str().find("//") != std::string::npos)
            return "an address of another host: " + found[3].str();
        text = found.suffix();
    }
    if (text.find_first_not_of(" \n/") != std::string::npos) return name + " has what is no attribute: " + text;
    return "";
}

}  // namespace

std::string faults_of(std::string_view html) {
    if (!html.starts_with("<!DOCTYPE html>\n")) return "it does not begin with a document type";
    std::vector<std::string> open;
    std::set<std::string> ids;
    char level = '0';  // of the last heading
    std::size_t at = html.find('\n');
    while ((at = html.find('<', at)) != std::string_view::npos) {
        const std::size_t end = html.find('>', at);
        if (end == std::string_view::npos) return "a tag is not closed";
        std::string tag(html.substr(at + 1, end - at - 1));
        at = end;
        if (tag.starts_with("/")) {
            if (open.empty() || open.back() != tag.substr(1)) return "</" + tag.substr(1) + "> closes nothing";
            open.pop_back();
            continue;
        }
        const std::size_t name_end = std::min(tag.find_first_of(" \n/"), tag.size());
        const std::string name = tag.substr(0, name_end);
        if (name == "style") return "a style element";
        if (name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6') {
            if (name[1] > level + 1) return "<" + name + "> skips a level behind <h" + level + ">";
            level = name[1];
        }
        if (name == "a" && html.substr(end + 1, 4) == "</a>") return "a link without text";
        if (name == "script" && html.substr(end + 1, 9) != "</script>") return "a script with text";
        if (std::string fault = faults_of_attributes(name, tag.substr(name_end), ids); !fault.empty()) return fault;
        if (!kVoid.contains(name) && !tag.ends_with("/")) open.push_back(name);
    }
    return open.empty() ? "" : "<" + open.back() + "> is not closed";
}

}  // namespace cenote::pages::testing
