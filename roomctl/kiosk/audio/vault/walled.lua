-- Who comes by the programs' socket is given what stands on this list, and nothing else exists for it:
-- the core, the factory of streams, the metadata, the two nodes of the room that are marked public,
-- its own nodes, and the ports and links between these.
-- Of what is not its own it may read; what may be done to it is done by the manager.

clients = ObjectManager { Interest { type = "client" } }
nodes = ObjectManager { Interest { type = "node" } }
ports = ObjectManager { Interest { type = "port" } }
links = ObjectManager { Interest { type = "link" } }
metadata = ObjectManager { Interest { type = "metadata" } }
factories = ObjectManager { Interest {
  type = "factory", Constraint { "factory.name", "=", "client-node", type = "pw-global" }
} }

local function walled (client)
  return client.properties["pipewire.access"] == "walled"
end

local function grant (client, strangers)
  local given, seen = { ["any"] = "-", [0] = "rx" }, {}
  for node in nodes:iterate () do
    local id, owner = node["bound-id"], tostring (node.properties["client.id"])
    if owner == tostring (client["bound-id"]) then
      given[id], seen[tostring (id)] = "rwx", true
    elseif node.properties["room.public"] == "true" and not strangers[owner] then
      given[id], seen[tostring (id)] = "rx", true
    end
  end
  for port in ports:iterate () do
    if seen[tostring (port.properties["node.id"])] then given[port["bound-id"]] = "r" end
  end
  for link in links:iterate () do
    local ends = link.properties
    if seen[tostring (ends["link.output.node"])] and seen[tostring (ends["link.input.node"])] then
      given[link["bound-id"]] = "r"
    end
  end
  for factory in factories:iterate () do given[factory["bound-id"]] = "rx" end
  for one in metadata:iterate () do given[one["bound-id"]] = "r" end
  given[client["bound-id"]] = "r"
  client:update_permissions (given)
end

local function grant_all ()
  local strangers = {}
  for client in clients:iterate () do
    if walled (client) then strangers[tostring (client["bound-id"])] = true end
  end
  for client in clients:iterate () do
    if walled (client) then grant (client, strangers) end
  end
end

for _, manager in ipairs { clients, nodes, ports, links, metadata, factories } do
  manager:connect ("object-added", grant_all)
end
for _, manager in ipairs { links, nodes, metadata, factories, ports, clients } do
  manager:activate ()
end
