#include "tests/support/http_get.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <sstream>

namespace bongsu {

int ConnectLoopback(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const timeval patience{5, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) return fd;
  close(fd);
  return -1;
}

HttpAnswer HttpGet(uint16_t port, const std::string& path) {
  const int fd = ConnectLoopback(port);
  if (fd < 0) return {};
  std::string answer;
  const std::string request =
      "GET " + path + " HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
  if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0) {
    char piece[16384];
    for (ssize_t n = 0; (n = recv(fd, piece, sizeof(piece), 0)) > 0;) {
      answer.append(piece, static_cast<size_t>(n));
    }
  }
  close(fd);
  const size_t head = answer.find("\r\n\r\n");
  if (head == std::string::npos || answer.size() < 12) return {};
  return {std::stoi(answer.substr(9, 3)), answer.substr(head + 4)};
}

double MetricIn(const std::string& exposition, const std::string& name) {
  double sum = 0;
  std::istringstream lines(exposition);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(name)) continue;
    const char after = line[name.size()];
    if (after == ' ' || after == '{') sum += std::stod(line.substr(line.rfind(' ')));
  }
  return sum;
}

}  // namespace bongsu
