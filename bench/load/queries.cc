// SPDX-License-Identifier: Apache-2.0
#include "bench/load/queries.h"

#include <fstream>
#include <sstream>

#include "resolver/base/address.h"
#include "resolver/wire/answer.h"

namespace cenote::blast {

Queries Queries::read(const std::string& path) {
    Queries queries;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string name;
        std::string address;
        words >> name >> address;
        const auto parsed = wire::Name::parse(name);
        if (!parsed) continue;
        wire::Question question;
        question.name = *parsed;
        question.type = wire::RrType::A;
        std::array<std::uint8_t, 512> packet;
        Query query;
        query.offset = static_cast<std::uint32_t>(queries.bytes_.size());
        query.size = static_cast<std::uint16_t>(wire::write_upstream_query(question, {}, packet));
        if (const auto ip = IpAddress::parse(address); ip && ip->is_v4()) {
            query.checked = true;
            query.expected = ip->v4_octets();
        }
        queries.bytes_.insert(queries.bytes_.end(), packet.begin(), packet.begin() + query.size);
        queries.all_.push_back(query);
    }
    return queries;
}

}  // namespace cenote::blast
