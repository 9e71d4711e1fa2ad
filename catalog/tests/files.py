"""Files of products, and their import."""

import io

from accounts.models import Seller
from catalog.models import ProductImport
from catalog.transfer.importing import create_import, run_import

SOUK = """handle,title,description,category,brand,tags,status,option1_name,option1_value,option2_name,option2_value,sku,price,currency,compare_at_price,stock,weight_g,barcode
kettle,Steel kettle,"Boils.
Fast.",Home > Kitchen,Acme,"steel, tea",,,,,,,19.99,USD,29.99,5,900,4006381333931
shirt,Shirt,,,,,draft,Size,S,Colour,red,,10,EUR,,1,,
shirt,,,,,,,,M,,red,SHIRT-M,12.50,EUR,,0,,
"""
SHOPIFY = """Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,Variant Inventory Qty,Variant Price,Variant Compare At Price,Image Src
lamp,Lamp,<p>Bright</p>,Lumen,Lighting,"desk, blue",true,Title,Default Title,,1200,3,40,50,https://example.com/1.jpg
lamp,,,,,,,,,,,,,,https://example.com/2.jpg
sock,Sock,,Knit,,,false,Size,Small,,0,-2,5,,
sock,,,,,,,,Large,,0,4,6.5,,
"""


def run(seller: Seller, text: str, *, dry_run: bool = False) -> ProductImport:
    file = io.BytesIO(text.encode())
    job = create_import(seller=seller, file=file, filename="a.csv", dry_run=dry_run, actor="user:1")
    run_import(import_id=job.pk)
    job.refresh_from_db()
    return job
