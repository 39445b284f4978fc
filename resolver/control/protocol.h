// SPDX-License-Identifier: Apache-2.0
//
// The messages of the control socket: one JSON object on each line, in both directions (docs/CONTROL.md).
//
// A request is {"v":1,"verb":"status","args":{…}}, with "as":"…" from the server of the web page; a reply is
// {"v":1,"ok":true,"data":…} or
// {"v":1,"ok":false,"error":"…"}. A verb may stream: replies with "more":true come before the last one. Open files
// travel beside a reply (unix(7), SCM_RIGHTS).
//
// Threads: plain values.   Memory: owns its JSON; files are shared.   Failure: a line that is not such an object is an
// Error.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/fd.h"
#include "resolver/base/result.h"

namespace cenote::control {

using Json = nlohmann::json;

inline constexpr int kVersion = 1;
inline constexpr std::size_t kLineMax = 1U << 20;
inline constexpr std::size_t kFilesMax = 4;
inline constexpr std::size_t kSessionBytesMax = 128;

struct Request {
    std::string verb;
    Json args = Json::object();
    std::string as{};  // the session of the web page in whose user's name it is asked; empty: in the client's own
};

struct Response {
    bool ok = true;
    bool more = false;
    std::string error;
    Json data;
    std::vector<std::shared_ptr<const UniqueFd>> files{};  // open for reading, kFilesMax at most
};

/// The data of the replies of a stream as one value: texts in one text, the rows of arrays in one array. Where neither
/// comes, it is the data of the last reply.
class JoinedData {
public:
    /// Of a reply before the last one, in order.
    void take(const Json& data);
    /// The whole, with the data of the last reply.
    [[nodiscard]] Json with(Json last) &&;

private:
    std::string text_;
    Json rows_ = Json::array();
};

[[nodiscard]] std::string encode(const Request& request);  // with the line's end
[[nodiscard]] std::string encode(const Response& response);
[[nodiscard]] Result<Request> decode_request(std::string_view line);
[[nodiscard]] Result<Response> decode_response(std::string_view line);

}  // namespace cenote::control
