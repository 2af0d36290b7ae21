"""The words that street names are made of. Each list is in the order in which it is used up."""

TOWN = """Chestnut Congress Fulton Exchange Custom Cordage Anchor Tanner Cooper Market Commerce Federal Liberty
Union State Court Temple School Spring Summer Pearl Pine Cedar Walnut Spruce Vine Mulberry Cherry Maple Elm Oak
Ash Birch Laurel Willow Poplar Hawthorn Linden Sycamore Beech Hickory Juniper Alder Aspen Hazel Magnolia Locust
Adams Jefferson Madison Monroe Jackson Lincoln Grant Hamilton Franklin Hancock Revere Warren Putnam Greene Knox
Sullivan Decatur Perry Lawrence Bainbridge Preble Barry Webster Clay Calhoun Whittier Emerson Thoreau Hawthorne
Bryant Lowell Longfellow Alcott Dickinson Bradford Winslow Brewster Standish Endicott Winthrop Dudley Bellamy
Harper Fletcher Sawyer Wheeler Carver Mason Chandler Porter Turner Baker Brewer Weaver Fuller Thatcher Cutler
Foster Parker Walker Palmer Archer Hunter Fisher Gardner Potter Slater Draper Granger Reeve Marlowe Ellery Prescott
Whitman Thornton Bartlett Wentworth Langdon Stark Gilman Tilton Barrett Buttrick Hosmer Merriam Wheelock Ames Hale
Granary Rope Sail Mast Capstan Windlass Bosun Compass Lantern Packet Schooner Clipper Whaler Dory Cutter Ketch
Front Water Dock High Church Academy College Hill Valley Garden Orchard Meadow Forest Grove Lake Pond Brook Canal
Depot Railroad Factory Foundry Loom Spindle Bobbin Carding Cotton Granite Slate Marble Quarry Limestone Copper""".split()

SPANISH = """Castillo Mendoza Delgado Herrera Serrano Aguilar Fuentes Navarro Salinas Paloma Laguna Mirador Rosario
Esperanza Soledad Cortez Valencia Granada Sevilla Toledo Segovia Cordoba Murcia Almeria Cadiz Vigo Ponce Mayaguez
Caguas Arecibo Humacao Guayama Naranjo Olivo Ceiba Cedro Almendro Jacaranda Azucena Magdalena Marisol Dorado Galeon
Bahia Brisa Aurora Estrella Luna Solano Montoya Zamora Cervantes Velasco Quintana Robles Peralta Carmona Santander
Camacho Figueroa Betances Hostos Unamuno Machado Marti Darien Catalina Ventura Trinidad Bolivar Rioja Navarra""".split()

FIRST = """Fox Quail Heron Osprey Plover Otter Beaver Badger Falcon Swallow Partridge Pheasant Whippoorwill Stone
Bramble Clover Thistle Heather Fern Moss Bayberry Beachplum Blueberry Cranberry Huckleberry Sumac Hemlock Larch
Candle Copper Silver Amber Autumn Summer Winter Harvest Sunset Sunrise Meadow Brook Ridge Orchard Hidden Quiet
Long Old Far Windy""".split()
SECOND = "Hollow Ridge Run Hill Brook Glen Field Crest Knoll Bend Crossing Landing Gate View Wood".split()

PASEOS = """Vista del Mar|Paseo del Sol|Via Paloma|Camino Verde|Loma Alta|Vista Hermosa|Casa Blanca|Rio Vista
Las Flores|Los Robles|Los Pinos|La Cuesta|El Faro|El Molino|Agua Clara|Monte Claro|Las Brisas|La Ribera|Buena Vista
Costa Azul|Cielo Azul|Alta Loma|Tierra Nueva|Puerta Real""".replace("\n", "|").split("|")

STREET_SUFFIXES = ("Street", "Street", "Street", "Avenue", "Street", "Place", "Street", "Avenue")
LANE_SUFFIXES = ("Lane", "Drive", "Road", "Drive", "Way", "Terrace", "Lane", "Drive")
CLOSED_SUFFIXES = ("Court", "Place", "Circle", "Court", "Terrace")


def ordinal(n: int) -> str:
    """1st, 2nd, 3rd, 4th … 11th."""
    tail = "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")
    return f"{n}{tail}"
